import type { FamilyTable } from './index.ts';

/** Kubernetes, its add-ons, other orchestrators and clouds. */
export const PLATFORM_FAMILIES: FamilyTable = {
  'kube-state-metrics': {
    crash: 'kube_pod_container_status_restarts_total kube_pod_init_container_status_restarts_total',
    memory: 'kube_pod_container_status_last_terminated_reason',
    unavailable: `kube_pod_status_phase kube_pod_status_ready kube_pod_container_status_ready kube_deployment_status_replicas_available kube_deployment_status_replicas_unavailable
      kube_deployment_status_replicas_ready kube_statefulset_status_replicas_ready kube_replicaset_status_ready_replicas kube_daemonset_status_number_unavailable kube_poddisruptionbudget_* kube_endpoint_address_available kube_endpoint_* kube_persistentvolume_status_phase
      kube_persistentvolumeclaim_status_phase kube_node_spec_unschedulable kube_node_spec_taint kube_namespace_status_phase kube_service_* kube_ingress_* kube_statefulset_status_replicas kube_pod_status_reason kube_pod_status_unschedulable kube_statefulset_replicas kube_deployment_spec_replicas kube_replicaset_spec_replicas`,
    rollout: `kube_deployment_status_observed_generation kube_deployment_metadata_generation kube_statefulset_status_observed_generation kube_statefulset_metadata_generation kube_deployment_status_condition kube_statefulset_status_current_revision
      kube_statefulset_status_update_revision kube_statefulset_status_replicas_updated kube_daemonset_status_* kube_daemonset_updated_number_scheduled kube_daemonset_status_updated_number_scheduled kube_deployment_status_replicas_updated
      kube_pod_container_status_waiting_reason kube_pod_container_status_waiting kube_pod_init_container_status_waiting_reason kubernetes_build_info kube_deployment_spec_paused kube_daemonset_status_number_misscheduled kube_daemonset_status_observed_generation kube_pod_container_info`,
    disk: 'kubelet_volume_stats_* kube_persistentvolumeclaim_resource_requests_storage_bytes',
    job: 'kube_job_* kube_cronjob_*',
    capacity:
      'kube_horizontalpodautoscaler_* kube_hpa_* kube_resourcequota kube_pod_container_resource_* kube_node_status_allocatable* kube_node_status_capacity* namespace_cpu:* namespace_memory:* kube_pod_info kube_limitrange kube_verticalpodautoscaler_*',
    config: 'kube_pod_container_resource_limits_missing kube_cronjob_spec_suspend',
    certificate: 'kube_certificatesigningrequest_* kube_secret_expir*',
  },
  kubelet: {
    latency:
      'kubelet_pleg_* kubelet_pod_worker_duration* kubelet_pod_start_* kubelet_runtime_operations_duration* kubelet_cgroup_manager_duration*',
    capacity: 'kubelet_running_pods kubelet_running_pod_count kubelet_running_containers',
    certificate: 'kubelet_certificate_manager_* kubelet_server_expiration_renew_errors',
    memory: 'kubelet_evictions',
    errors: 'kubelet_runtime_operations_errors_total',
    disk: 'kubelet_container_log_filesystem_used_bytes',
    unavailable: 'kubelet_node_name',
  },
  cadvisor: {
    cpu: 'container_cpu_*',
    memory: 'container_memory_* container_oom_events_total container_spec_memory_*',
    disk: 'container_fs_* container_blkio_*',
    network: 'container_network_*',
    unavailable: 'container_last_seen container_tasks_state',
    crash: 'container_start_time_seconds',
    connections: 'container_file_descriptors container_sockets container_threads*',
  },
  'Kubernetes control plane': {
    errors:
      'apiserver_request_terminations_total apiserver_dropped_requests_total rest_client_requests_total aggregator_unavailable_apiservice_total apiserver_admission_webhook_fail_open_count apiserver_admission_webhook_rejection_count apiserver_request:burnrate* apiserver_audit_error_total',
    unavailable: 'aggregator_unavailable_apiservice',
    latency:
      'apiserver_request_duration_seconds* apiserver_request_slo_duration_seconds* scheduler_*duration* rest_client_request_duration* apiserver_admission_*duration* etcd_request_duration_seconds*',
    backlog:
      'workqueue_* scheduler_pending_pods apiserver_current_inqueue_requests apiserver_flowcontrol_current_inqueue_requests apiserver_flowcontrol_request_wait*',
    certificate: 'apiserver_client_certificate_expiration_seconds*',
    capacity:
      'scheduler_schedule_attempts_total scheduler_pod_preemption_* apiserver_current_inflight_requests cluster_autoscaler_* karpenter_nodepools_* apiserver_flowcontrol_rejected_requests_total',
    rollout: 'kubeproxy_sync_proxy_rules_duration* kubeproxy_sync_*',
    config: 'apiserver_requested_deprecated_apis',
    disk: 'apiserver_storage_objects etcd_db_total_size_in_bytes',
  },
  etcd: {
    unavailable:
      'etcd_server_has_leader etcd_server_is_leader etcd_server_leader_changes_seen_total etcd_server_health_failures etcd_server_learner* etcd_server_id',
    latency:
      'etcd_disk_*duration* etcd_network_peer_round_trip_time_seconds* etcd_server_slow_apply_total etcd_server_slow_read_indexes_total etcd_server_heartbeat_send_failures_total grpc_server_handling_seconds*',
    errors:
      'etcd_server_proposals_failed_total etcd_http_failed_total etcd_network_peer_sent_failures_total etcd_grpc_*failed*',
    backlog: 'etcd_server_proposals_pending',
    disk: 'etcd_server_quota_backend_bytes etcd_mvcc_db_total_size_* etcd_debugging_mvcc_db_total_size* etcd_mvcc_db_total_size_in_use_in_bytes',
    network: 'etcd_network_active_peers',
  },
  'cert-manager': {
    certificate: 'certmanager_certificate_* certmanager_* cert_manager_*',
    capacity: 'certmanager_http_acme_client_request_count',
  },
  GitOps: {
    rollout:
      'argocd_app_info argocd_app_sync_total argocd_app_reconcile* gotk_* flux_* controller_runtime_reconcile_* rollout_info argo_rollouts_* argocd_app_condition argocd_cluster_* helm_release_*',
    errors: 'argocd_git_request_total argocd_redis_request_total',
    unavailable: 'argocd_cluster_connection_status',
    job: 'argo_workflows_* argo_workflow_* tekton_* tekton_pipelines_*',
    backlog: 'argocd_*queue* argo_workflows_queue_*',
    latency: 'argocd_app_reconcile_bucket argocd_git_request_duration_seconds*',
    config: 'gotk_suspend_status',
  },
  'storage of clusters': {
    unavailable:
      'ceph_health_status ceph_osd_up ceph_osd_in ceph_mon_quorum_status ceph_mds_metadata ceph_mgr_status ceph_mon_metadata longhorn_node_status longhorn_volume_robustness openebs_*_status minio_cluster_nodes_offline_total minio_cluster_kms_online minio_cluster_health_* glusterfs_* rook_* portworx_*status* linstor_*state* weed_up seaweedfs_*up',
    consistency:
      'ceph_pg_* ceph_monitor_clock_skew_seconds ceph_pool_objects_repaired ceph_healthcheck_slow_ops_pg linstor_*sync* drbd_* minio_heal_* minio_cluster_replication_*',
    disk: 'ceph_monitor_avail_percent ceph_pg_backfill_toofull openebs_*capacity* ceph_osd_utilization ceph_osd_stat_bytes* ceph_cluster_total_* ceph_pool_*bytes* ceph_pool_percent_used ceph_osd_weight longhorn_volume_*size* longhorn_node_storage_* longhorn_disk_* minio_cluster_capacity_* minio_cluster_usage_* minio_disk_* portworx_* rook_ceph_*capacity*',
    latency: 'ceph_osd_perf_latency* ceph_osd_apply_latency_ms ceph_osd_commit_latency_ms',
    backlog: 'ceph_healthcheck_slow_ops minio_cluster_ilm_*',
    hardware:
      'minio_cluster_drive_offline_total minio_node_drive_errors* ceph_disk_occupation minio_cluster_disk_offline_total ceph_device_* minio_node_drive_offline_total',
    errors: 'minio_s3_requests_* minio_s3_requests_errors_total',
  },
  'backup tools': {
    job: 'velero_* restic_* borg_* borgmatic_* kopia_* pgbackrest_* barman_* k8up_* stash_* kasten_* barman_bacula_* bacula_* rclone_* duplicati_* *_last_backup_* *backup_last_*',
  },
  orchestrators: {
    job: 'nomad_nomad_job_summary_failed nomad_nomad_job_summary_lost',
    backlog: 'nomad_nomad_job_summary_queued nomad_nomad_blocked_evals_* nomad_nomad_broker_* nomad_nomad_plan_queue*',
    unavailable: 'nomad_nomad_heartbeat_* mesos_slave_* mesos_master_* docker_swarm_* nomad_raft_* swarm_*',
    capacity: 'nomad_client_allocated_* nomad_client_unallocated_*',
    crash: 'engine_daemon_container_states_containers docker_container_restart*',
  },
  clouds: {
    cpu: 'aws_*cpuutilization* azure_*cpu* *_cpu_percent* stackdriver_*cpu* gcp_*cpu* *cpu_utilization* *cpucreditbalance* *_cpu_credit_* digitalocean_*cpu*',
    memory: '*freeable_memory* azure_*memory* stackdriver_*memory* *_memory_percent*',
    disk: '*free_storage_space* azure_*storage_percent* *disk_bytes_used* *burst_balance* *volume_*_ops* *burstbalance*',
    connections: '*database_connections* azure_*connections*',
    unavailable:
      '*unhealthy_host_count* *healthy_host_count* *status_check_failed* azure_*availability* digitalocean_droplet_up digitalocean_*_up',
    errors:
      '*httpcode_*5_xx* *httpcode_*4_xx* aws_lambda_errors_* *_5xxerror* *_4xxerror* *throttled_requests* *system_errors*',
    latency:
      '*target_response_time* *_duration_average *_duration_maximum *read_latency* *write_latency* *_latency_average *_latency_maximum',
    backlog:
      '*number_of_messages_visible* *age_of_oldest_message* *iterator_age* *unacked_messages* *undelivered_messages* *oldest_unacked*',
    capacity:
      'aws_servicequotas_* aws_lambda_throttles_* aws_quota_* aws_lambda_concurrent_executions_* gcp_quota_* azure_quota_* hcloud_*limit* github_rate_* *_rate_limit_remaining *_ratelimit_remaining',
    telemetry: 'cloudwatch_exporter_* yace_* stackdriver_monitoring_*',
    informational: '*_billing_* *_cost_* aws_ce_* kubecost_* opencost_* aws_billing_*',
    consistency: '*replica_lag* *replication_lag*',
    security: 'aws_wafv2_* aws_guardduty_* cloudflare_zone_threats_* *firewall_events*',
  },
  'networks of clusters': {
    network:
      'cilium_* hubble_* calico_* felix_* coredns_* kubedns_* weave_* flannel_* cilium_drop_count_total cilium_unreachable_* cilium_node_connectivity_* cilium_nodes_* hubble_lost_events_total nodelocaldns_* multus_* metallb_* ovn_* kube_ovn_* submariner_* awscni_* dnsmasq_* unbound_* bind_* pdns_* powerdns_* pihole_*',
    errors:
      'cilium_policy_import_errors_total cilium_controllers_failing coredns_dns_responses_total coredns_panics_total cilium_controllers_group_runs_total coredns_forward_responses_total cilium_k8s_client_api_calls_total cilium_api_limiter_*failed* pdns_*servfail* bind_resolver_response_errors_total',
    latency:
      'coredns_dns_request_duration_seconds* cilium_agent_api_process_time_seconds* coredns_forward_request_duration_seconds* cilium_endpoint_regeneration_time_stats_seconds*',
    telemetry: 'hubble_lost_events_total',
    capacity:
      'cilium_bpf_map_pressure cilium_ipam_* cilium_identity awscni_assigned_ip_addresses cilium_bpf_maps* cilium_policy_count_limit metallb_allocator_* cilium_operator_ipam_* calico_ipam_*',
    unavailable:
      'coredns_health_* cilium_endpoint_state cilium_unreachable_nodes cilium_agent_up cilium_operator_num_*',
    config: 'coredns_reload_failed_total',
    security: 'cilium_forward_denied* hubble_policy_verdicts_total',
    traffic: 'coredns_dns_requests_total',
    crash: 'coredns_panics_total',
  },
  'security tools': {
    security:
      'falco_* falcosidekick_* trivy_* gatekeeper_* kyverno_* opa_* crowdsec_* fail2ban_* wazuh_* suricata_* clamav_* kubescape_* tetragon_* starboard_* kube_bench_* modsecurity_* snort_* cs_* auditd_*',
  },
};
