{{/* Written by `npm run docs` from src/app/permissions.ts and from what each plug-in needs; do not change it by hand. */}}

{{- define "hale.rules.cluster" -}}
# get, list, watch: a namespace may opt its workloads in
- apiGroups: [""]
  resources: ["namespaces"]
  verbs: [get, list, watch]
# list: whether a volume that fills may be made larger
- apiGroups: ["storage.k8s.io"]
  resources: ["storageclasses"]
  verbs: [list]
# list: another node has to take the pod
- apiGroups: [""]
  resources: ["nodes"]
  verbs: [list]
{{- end }}

{{- define "hale.rules.read" -}}
# get: the pod is looked at just before it is evicted
# list: the pod is looked at before and after
# watch: alerts name pods; the owner chain leads to the workload
- apiGroups: [""]
  resources: ["pods"]
  verbs: [get, list, watch]
# get, list, watch: metrics of callers name Services
- apiGroups: [""]
  resources: ["services"]
  verbs: [get, list, watch]
# get: the limits are read before and after the change
# list, watch: the workloads themselves
- apiGroups: ["apps"]
  resources: ["deployments"]
  verbs: [get, list, watch]
# get: the limits are read before and after the change
# list, watch: the workloads themselves
- apiGroups: ["apps"]
  resources: ["statefulsets"]
  verbs: [get, list, watch]
# get: the limits are read before and after the change
# list, watch: the workloads themselves
- apiGroups: ["apps"]
  resources: ["daemonsets"]
  verbs: [get, list, watch]
# get, watch: they stand between a pod and its Deployment
# list: they hold the revisions to go back to
- apiGroups: ["apps"]
  resources: ["replicasets"]
  verbs: [get, list, watch]
# get: the maximum is read before and after the change
# list: the autoscaler of the workload has to be found
# watch: an autoscaler owns the replica count
- apiGroups: ["autoscaling"]
  resources: ["horizontalpodautoscalers"]
  verbs: [get, list, watch]
# list: KEDA owns the replica count; where its API is absent this grants nothing
- apiGroups: ["keda.sh"]
  resources: ["scaledobjects"]
  verbs: [list]
# list: what Kubernetes itself says of an object
- apiGroups: [""]
  resources: ["events"]
  verbs: [list]
# list: whether a Service leads anywhere
- apiGroups: ["discovery.k8s.io"]
  resources: ["endpointslices"]
  verbs: [list]
# list: whether a policy blocks a Service
- apiGroups: ["networking.k8s.io"]
  resources: ["networkpolicies"]
  verbs: [list]
# list: whether a quota keeps pods from starting
- apiGroups: [""]
  resources: ["resourcequotas"]
  verbs: [list]
# list: whether a volume keeps pods from starting
- apiGroups: [""]
  resources: ["persistentvolumeclaims"]
  verbs: [list]
# list: whether a pod may be evicted
- apiGroups: ["policy"]
  resources: ["poddisruptionbudgets"]
  verbs: [list]
# get: the last lines of a container that ended tell why
- apiGroups: [""]
  resources: ["pods/log"]
  verbs: [get]
{{- end }}

{{- define "hale.rules.write" -}}
# create: what Hale did is told on the object, and is the last way to a person
- apiGroups: ["events.k8s.io"]
  resources: ["events"]
  verbs: [create]
# patch: the change itself
- apiGroups: ["apps"]
  resources: ["deployments/scale"]
  verbs: [patch]
# patch: the change itself
- apiGroups: ["apps"]
  resources: ["statefulsets/scale"]
  verbs: [patch]
# patch: the change itself
- apiGroups: ["apps"]
  resources: ["deployments"]
  verbs: [patch]
# patch: the change itself
- apiGroups: ["apps"]
  resources: ["statefulsets"]
  verbs: [patch]
# create: the change itself
- apiGroups: [""]
  resources: ["pods/eviction"]
  verbs: [create]
# patch: the change itself
- apiGroups: ["apps"]
  resources: ["daemonsets"]
  verbs: [patch]
# patch: the change itself
- apiGroups: ["autoscaling"]
  resources: ["horizontalpodautoscalers"]
  verbs: [patch]
{{- end }}

{{- define "hale.rules.own" -}}
# get: the ConfigMap that freezes Hale
- apiGroups: [""]
  resources: ["configmaps"]
  verbs: [get]
{{- end }}

