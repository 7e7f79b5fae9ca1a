import type { FamilyTable } from './index.ts';

/** Web servers, proxies, meshes and what applications themselves export about requests. */
export const PROXY_FAMILIES: FamilyTable = {
  'web servers': {
    connections:
      'nginx_connections_* apache_workers apache_scoreboard apache_connections nginxplus_connections_* phpfpm_*processes* php_fpm_*processes* phpfpm_max_children_reached phpfpm_*max_children* php_fpm_max_children_reached tomcat_threads_* tomcat_threadpool_* gunicorn_workers uwsgi_*busy* uwsgi_worker_* puma_*',
    latency:
      'apache_duration_ms_total phpfpm_slow_requests phpfpm_*slow* php_fpm_*slow* nginx_*latency* nginx_*response_time* nginx_*request_time*',
    crash: 'apache_uptime_seconds_total',
    backlog: 'phpfpm_*listen_queue* uwsgi_*listen_queue* phpfpm_accepted_conn_queue',
    errors: 'nginx_http_requests_total nginx_vts_*responses* phpfpm_*errors*',
    traffic: 'apache_accesses_total nginx_http_requests_rate',
    unavailable: 'nginxplus_upstream_server_state nginx_upstream_* phpfpm_process_state',
  },
  haproxy: {
    unavailable:
      'haproxy_server_up haproxy_backend_up haproxy_server_status haproxy_backend_status haproxy_backend_active_servers haproxy_server_check_status haproxy_server_check_failures_total haproxy_server_downtime_*',
    errors:
      'haproxy_*_http_responses_total haproxy_*_response_errors_total haproxy_*_connection_errors_total haproxy_*_errors_total haproxy_*_retry_warnings_total haproxy_server_redispatch_warnings_total haproxy_*_denied*',
    security: 'haproxy_frontend_requests_denied_total haproxy_frontend_request_denied_total',
    connections:
      'haproxy_*_sessions haproxy_*_max_sessions haproxy_*_limit_sessions haproxy_*_current_sessions haproxy_process_*connections haproxy_*session*',
    backlog: 'haproxy_*_current_queue haproxy_*_queue*',
    latency: 'haproxy_*_time_average_seconds haproxy_*_total_time_average_seconds haproxy_*_response_time*',
    traffic: 'haproxy_*_bytes_in_total haproxy_*_bytes_out_total haproxy_frontend_http_requests_total',
  },
  traefik: {
    errors:
      'traefik_service_requests_total traefik_entrypoint_requests_total traefik_router_requests_total traefik_backend_requests_total traefik_service_retries_total',
    latency: 'traefik_*_request_duration_seconds*',
    connections: 'traefik_*open_connections',
    unavailable: 'traefik_service_server_up traefik_backend_server_up',
    config: 'traefik_config_*',
    certificate: 'traefik_tls_certs_not_after',
  },
  caddy: {
    unavailable: 'caddy_reverse_proxy_upstreams_healthy',
    errors: 'caddy_http_*errors_total',
    latency: 'caddy_http_request_duration_seconds* caddy_http_response_duration_seconds*',
    config: 'caddy_config_*',
    traffic: 'caddy_http_requests_in_flight',
  },
  'ingress-nginx': {
    errors: 'nginx_ingress_controller_requests nginx_ingress_controller_errors',
    latency: 'nginx_ingress_controller_*_duration_seconds* nginx_ingress_controller_ingress_upstream_latency_seconds*',
    config: 'nginx_ingress_controller_config_*',
    certificate: 'nginx_ingress_controller_ssl_*',
    security: 'nginx_ingress_controller_admission_*denied*',
  },
  istio: {
    errors: 'istio_requests_total istio_tcp_connections_*failed*',
    latency:
      'istio_request_duration_milliseconds* istio_request_duration_seconds* pilot_proxy_convergence_time* pilot_proxy_push_time* pilot_proxy_queue_time*',
    config:
      'pilot_total_xds_rejects pilot_xds_*reject* pilot_conflict_* galley_validation_* pilot_*_duplicate_* pilot_k8s_cfg_events pilot_virt_services galley_* pilot_xds_config_size* pilot_duplicate_envoy_clusters pilot_eds_no_instances pilot_vservice_* pilot_destrule_*',
    unavailable: 'pilot_xds pilot_services pilot_no_ip pilot_endpoint_not_ready istio_agent_pilot_*',
    certificate: 'citadel_server_*cert* istio_agent_*cert* citadel_*',
    telemetry: 'mixer_*',
    traffic: 'istio_request_bytes* istio_tcp_sent_bytes_total',
  },
  linkerd: {
    errors: 'response_total route_response_total request_errors_total outbound_http_route_*',
    latency: 'response_latency_ms* route_response_latency_ms* control_response_latency_ms*',
    certificate: 'identity_cert_expiration_timestamp_seconds',
  },
  envoy: {
    errors:
      'envoy_*_rq_xx envoy_*_rq_5xx envoy_cluster_upstream_rq_timeout envoy_cluster_upstream_rq_retry* envoy_http_downstream_rq_* envoy_cluster_upstream_rq_pending_failure_eject envoy_cluster_upstream_rq_rx_reset envoy_listener_*_errors* envoy_cluster_upstream_rq_error*',
    latency: 'envoy_*_rq_time* envoy_*_cx_length_ms* envoy_cluster_upstream_cx_connect_ms*',
    connections:
      'envoy_*_cx_active envoy_*_cx_overflow envoy_*_cx_total envoy_cluster_upstream_rq_pending_overflow envoy_cluster_circuit_breakers_* envoy_server_*connections envoy_cluster_upstream_cx_connect_fail envoy_listener_downstream_cx_overflow',
    unavailable:
      'envoy_cluster_membership_* envoy_server_live envoy_server_state envoy_cluster_health_check_* envoy_cluster_outlier_detection_* envoy_control_plane_connected_state',
    memory: 'envoy_server_memory_* envoy_overload_*',
    config: 'envoy_*_update_rejected envoy_*_update_failure* envoy_*_config_reload*',
    certificate: 'envoy_server_days_until_first_cert_expiring envoy_*_ssl_* envoy_ssl_*',
    crash: 'envoy_server_uptime envoy_server_hot_restart*',
    backlog: 'envoy_cluster_upstream_rq_pending_active',
  },
  gateways: {
    errors:
      'kong_http_requests_total kong_http_status kong_nginx_*errors* apisix_http_status gloo_* krakend_* tyk_http_status gateway_*_requests_total squid_*errors* cloudflare_zone_requests_status* cloudflare_zone_requests_origin_status* cloudflare_worker_errors_count varnish_*fail* varnish_backend_fail',
    latency:
      'kong_*latency* apisix_http_latency* tyk_http_latency* squid_*service_time* cloudflare_*duration* fastly_rt_*time*',
    connections:
      'kong_nginx_connections_total kong_memory_workers_lua_* apisix_nginx_http_current_connections varnish_sess* varnish_main_sess*',
    unavailable:
      'kong_datastore_reachable kong_upstream_target_health varnish_backend_up apisix_etcd_reachable squid_up kong_control_plane_connected',
    traffic: 'cloudflare_zone_requests_total fastly_rt_requests_total varnish_main_client_req',
    certificate: 'kong_data_plane_cluster_cert_expiry_timestamp kong_enterprise_license_*',
    memory: 'varnish_lru_nuked varnish_main_n_lru_nuked kong_memory_lua_shared_dict_bytes',
  },
  'requests in general': {
    errors:
      'grpc_server_handled_total grpc_client_handled_total http_requests_total http_server_requests_total http_request_errors* *_http_requests_total rpc_server_handled* logback_events_total http_server_errors*',
    latency:
      'http_request_duration_* http_server_request_duration* http_server_duration* http_server_requests_seconds* *_request_duration_seconds_bucket grpc_server_handling_seconds* grpc_client_handling_seconds* *_http_request_duration_* *_response_time* *_latency_seconds* *_latency_ms* *_latency_bucket http_client_request_duration* rpc_server_duration* rpc_server_call_duration* db_client_operation_duration* *_duration_seconds_bucket',
    connections: 'http_server_active_requests',
    traffic: 'http_requests_per_second*',
  },
  runtimes: {
    memory:
      'jvm_memory_* jvm_gc_* jvm_buffer_* go_memstats_* go_gc_* nodejs_heap_* nodejs_external_memory_bytes nodejs_gc_* python_gc_* ruby_*gc* ruby_*heap* dotnet_total_memory_bytes dotnet_collection_count_total php_memory_* erlang_vm_memory_* process_runtime_*memory* system_runtime_*gc* dotnet_gc_* ruby_rss ruby_heap_* python_*memory* v8_heap_*',
    cpu: 'nodejs_eventloop_* process_cpu_usage system_cpu_usage system_load_average_* process_runtime_*cpu* jvm_cpu_* erlang_vm_statistics_run_queues_length*',
    connections:
      'jvm_threads_* jvm_thread_* go_goroutines go_threads process_files_* process_open_* hikaricp_* jdbc_* db_client_connection* go_sql_* pgxpool_* c3p0_* dbcp_* tomcat_*sessions* jetty_threads_* jetty_*connections* executor_* dotnet_threadpool_* nodejs_active_handles* nodejs_active_requests* sqlalchemy_pool_* tomcat_connections_* threadpool_* mysql_pool_* undertow_* r2dbc_pool_* erlang_vm_process_count ruby_*threads* passenger_*',
    backlog:
      'executor_queue* executor_queued_tasks dotnet_threadpool_queue_length threadpool_blockingqueuesize rails_*queue_duration*',
    errors:
      'resilience4j_circuitbreaker_* hystrix_*error* dotnet_exceptions_total jvm_exceptions* python_exceptions* aspnetcore_*failed* aspnetcore_*exceptions*',
    crash: 'process_uptime_seconds',
  },
};
