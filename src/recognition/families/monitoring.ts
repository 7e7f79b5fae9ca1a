import type { FamilyTable } from './index.ts';

/** The monitoring itself. What only says that one of its processes answers slowly or fails requests belongs to those classes. */
export const MONITORING_FAMILIES: FamilyTable = {
  prometheus: {
    telemetry:
      'prometheus_* scrape_* prometheus_notifications_* prometheus_remote_storage_* prometheus_rule_* prometheus_tsdb_* prometheus_target_* prometheus_sd_* pushgateway_* push_time_seconds push_failure_time_seconds kube_state_metrics_* promhttp_metric_handler_*errors* alloy_* agent_* grafana_agent_* prometheus_agent_* metrics_server_* net_conntrack_dialer_* prometheus_build_info',
    informational: 'ALERTS',
    config:
      'prometheus_operator_managed_resources prometheus_config_* reloader_* *_config_last_reload_success* *_config_reload* *_last_reload_success* *config_reload_fail* *config_reloads_total configmap_reload_* prometheus_sd_kubernetes_*',
    errors:
      'prometheus_operator_*errors* prometheus_operator_*failed* prometheus_http_requests_total prometheus_operator_syncs prometheus_operator_list_* prometheus_operator_watch_* prometheus_operator_reconcile_*',
    latency: 'prometheus_engine_query_duration_seconds* prometheus_http_request_duration_seconds*',
    unavailable: 'prometheus_operator_ready prometheus_ready',
    capacity: 'prometheus_tsdb_head_series prometheus_tsdb_head_max_series',
    security: 'prometheus_operator_*denied*',
    disk: 'prometheus_tsdb_storage_blocks_bytes',
    rollout: 'prometheus_build_version*',
  },
  alertmanager: {
    telemetry: 'alertmanager_* alertmanager_notifications_*',
    unavailable: 'alertmanager_cluster_failed_peers',
    consistency: 'alertmanager_cluster_members alertmanager_cluster_*',
    config: 'alertmanager_config_*',
  },
  'long-term stores of metrics': {
    telemetry: `thanos_compact_* thanos_alert_* thanos_rule_* thanos_shipper_* thanos_objstore_* thanos_receive_* thanos_sidecar_* cortex_* mimir_* vm_* vmalert_* vmagent_* cortex_ingester_* cortex_ruler_* cortex_compactor_*
      cortex_discarded_samples_total cortex_prometheus_* cortex_bucket_* thanos_query_* m3_* vminsert_* cortex_distributor_* vm_rows_* victoria_*`,
    errors:
      'cortex_request_duration_seconds_count thanos_objstore_*failures* thanos_objstore_bucket_operation_failures_total cortex_*_request_failures_total cortex_gossip_* cortex_kv_request* cortex_cache_*failures* vm_http_request_errors_total vm_request_errors_total thanos_memcached_*fail* thanos_store_*failures* thanos_receive_forward_requests_total thanos_query_frontend_*errors*',
    latency:
      'cortex_request_duration_seconds_bucket thanos_*_duration_seconds_bucket cortex_*_duration_seconds_bucket thanos_bucket_store_*duration* cortex_request_duration_seconds* cortex_frontend_query_range_duration* vm_request_duration_seconds*',
    config:
      'thanos_*_config_* cortex_*config_last_reload* thanos_receive_hashrings_file_* cortex_runtime_config_* cortex_runtime_config_hash',
    network: 'thanos_*_dns_*',
    backlog:
      'cortex_query_scheduler_queue_length cortex_request_queue* cortex_query_frontend_queue_length cortex_distributor_*inflight* vm_pending_rows vmagent_remotewrite_pending_data_bytes vm_concurrent_*current cortex_ingester_inflight* cortex_query_scheduler_inflight*',
    capacity:
      'cortex_limits_overrides thanos_query_concurrent_* thanos_receive_head_series_* cortex_ingester_memory_series* cortex_ingester_instance_limits cortex_ingester_memory_users cortex_distributor_instance_limits vm_hourly_series_limit_* vm_daily_series_limit_* vm_new_timeseries_created_total vm_cache_entries',
    unavailable: 'thanos_sidecar_prometheus_up cortex_ring_members cortex_member_ring_*',
    disk: 'vm_free_disk_space_bytes vm_data_size_bytes vm_free_disk_space_limit_bytes',
    job: 'thanos_objstore_bucket_last_successful_upload_time thanos_compact_*last_run* cortex_compactor_last_successful_run_timestamp_seconds cortex_compactor_*run* cortex_bucket_index_last_successful_update_timestamp_seconds',
    consistency:
      'thanos_replicate_* thanos_receive_replications_total cortex_ingester_tsdb_*corrupt* cortex_ingester_*wal_corruption* cortex_memberlist_* memberlist_client_*',
    memory: 'cortex_memcached_evict*',
    connections: 'cortex_tcp_connections*',
  },
  'logs and traces': {
    telemetry: `otelcol_* otel_collector_* jaeger_* tempo_* promtail_* loki_distributor_* loki_ingester_* loki_discarded_* fluentd_* fluentbit_* vector_* logstash_* filebeat_* libbeat_* beat_* zipkin_* loki_write_* logstash_exporter_* opentelemetry_* tempo_ingester_* tempo_distributor_* tempo_metrics_generator_*
      tempodb_* rsyslog_* syslog_ng_* grafana_alerting_* pyroscope_* statsd_exporter_* graphite_* collectd_* telegraf_* internal_agent_* beyla_* skywalking_*`,
    errors:
      'loki_request_duration_seconds_count tempo_request_duration_seconds_count loki_*errors* grafana_http_request_duration_seconds_count grafana_*failed* loki_panic_total grafana_http_response_status_total',
    latency:
      'loki_request_duration_seconds_bucket tempo_request_duration_seconds_bucket jaeger_*latency* grafana_*duration* grafana_http_request_duration_seconds_bucket loki_*duration_seconds_bucket tempo_*duration_seconds_bucket',
    backlog:
      'jaeger_collector_queue_length tempodb_compaction_outstanding_blocks fluentd_output_status_buffer_queue_length fluentd_*buffer* otelcol_exporter_queue_size otelcol_exporter_queue_capacity fluentbit_*backlog* logstash_*queue* logstash_node_queue* fluentd_output_status_buffer_total_bytes vector_buffer_* loki_*queue_length* fluentd_output_status_queue_byte_size tempodb_*blocklist* tempodb_backend_*backlog*',
    job: 'loki_boltdb_shipper_compact_* loki_compactor_* tempo_*compact*last*',
    crash: 'fluentd_*restart*',
    config: 'promtail_config_* loki_runtime_config_* vector_*reload*',
    unavailable: 'tempo_ring_members loki_ring_members grafana_build_info tempo_ring_* cortex_ring_*',
    consistency: 'loki_boltdb_shipper_compactor_running',
  },
};
