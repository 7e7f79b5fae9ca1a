{{- define "hale.name" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{ else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "hale.serviceAccount" -}}
{{ .Values.serviceAccount.name | default (include "hale.name" .) }}
{{- end }}

{{- define "hale.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "hale.labels" -}}
{{ include "hale.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{/* Writing everywhere is one word, and must be the only one. */}}
{{- define "hale.everywhere" -}}
{{- if has "*" .Values.config.scope.namespaces }}
{{- if gt (len .Values.config.scope.namespaces) 1 }}{{ fail "config.scope.namespaces: '*' must stand alone" }}{{ end -}}
yes
{{- end }}
{{- end }}

{{/* The configuration file: what the user wrote, under what the chart knows better. */}}
{{- define "hale.config" -}}
{{- $tokens := list }}
{{- range .Values.api.tokens }}
{{- $tokens = append $tokens (dict "name" .name "role" .role "tokenFile" (printf "/etc/hale/tokens/api-%s/%s" .name .tokenSecret.key)) }}
{{- end }}
{{- $chart := dict
  "apiVersion" "hale/v1"
  "kind" "Config"
  "listen" (dict "host" "0.0.0.0" "port" 8090)
  "intake" (dict "auth" (list (dict "bearerFile" (printf "/etc/hale/tokens/intake/%s" .Values.intake.tokenSecret.key))))
  "api" (dict "tokens" $tokens)
  "freeze" (dict "namespace" .Release.Namespace)
  "store" (dict "path" "/var/lib/hale/store.db") }}
{{- $config := mergeOverwrite (deepCopy .Values.config) $chart }}
{{- with dig "logs" "intake" nil $config }}
{{- $_ := set . "host" (.host | default "0.0.0.0") }}
{{- end }}
{{- if .Values.policies }}
{{- $policies := $config.policies | default dict }}
{{- $directories := prepend ($policies.directories | default list) "/etc/hale/policies" }}
{{- $_ := set $config "policies" (merge (dict "directories" $directories) $policies) }}
{{- end }}
{{- toYaml $config }}
{{- end }}

{{/* The user's own policies, a file each. */}}
{{- define "hale.policies" -}}
{{- range $name, $policy := .Values.policies }}
{{ $name }}.yaml: |
  {{- toYaml $policy | nindent 2 }}
{{- end }}
{{- end }}
