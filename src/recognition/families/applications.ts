import type { FamilyTable } from './index.ts';

/** Products that are neither a database nor a part of the platform. */
export const APPLICATION_FAMILIES: FamilyTable = {
  vault: {
    unavailable: 'vault_core_unsealed vault_core_active vault_raft_*peers* vault_autopilot_healthy vault_up vault_ha_*',
    certificate: 'vault_token_* vault_expire_* vault_secret_lease_* vault_pki_*',
    latency: 'vault_core_handle_* vault_*_request* vault_barrier_* vault_raft_commit_time*',
    security: 'vault_audit_* vault_*login_failure*',
    backlog: 'vault_wal_* vault_raft_storage_*',
  },
  consul: {
    unavailable:
      'consul_health_* consul_catalog_service_node_healthy consul_raft_peers consul_raft_leader consul_serf_* consul_autopilot_* consul_up consul_members consul_raft_leader_lastcontact*',
    config: 'consul_service_checks_config',
    certificate: 'consul_mesh_active_* consul_agent_tls_cert_expiry consul_license_expires*',
    latency: 'consul_raft_commit_time* consul_kvs_apply* consul_txn_apply*',
  },
  'code hosts and builds': {
    job: 'jenkins_runs_* jenkins_job_* default_jenkins_builds_* gitlab_ci_* gitlab_runner_* github_actions_* github_workflow_* gitlab_ci_pipeline_* drone_build_* buildkite_* teamcity_* concourse_builds_* woodpecker_* spinnaker_* orca_* gitlab_ci_pipeline_last_run_* actions_runner_*',
    unavailable:
      'jenkins_node_offline_value jenkins_node_online_value jenkins_health_check_score gitlab_runner_online* actions_runner_offline gitaly_up gitlab_gitaly_*',
    backlog:
      'jenkins_queue_* buildkite_*jobs_queued* github_actions_*queued* jenkins_executor_* concourse_*waiting* gitlab_runner_*pending* teamcity_*queue* gitlab_sidekiq_*queue*',
    config: 'jenkins_plugins_*',
    errors:
      'gitlab_transaction_*failed* gitlab_rails_*errors* gitlab_database_*deadlock* gitlab_sidekiq_jobs_failed_total gitea_*errors*',
    latency:
      'gitlab_transaction_duration* gitlab_sql_duration* gitlab_sidekiq_jobs_*seconds* gitlab_rails_queue_duration* gitlab_ruby_*seconds*',
    connections: 'gitlab_database_connection_pool_* gitlab_puma_* puma_*',
    memory: 'gitlab_ruby_process_*memory* ruby_process_resident_memory_bytes',
    capacity: 'github_rate_limit* github_*ratelimit*',
  },
  'pipelines of Spinnaker': {
    backlog: 'queue_ready_depth queue_message_lag_seconds* queue_zombies_total pollingmonitor_itemsoverthreshold',
    errors: 'queue_dead_messages_total controller_invocations_total pollingmonitor_failed_total',
    capacity: 'ratelimitthrottling_total amazonclientprovider_ratelimitdelaymil',
  },
  'workflow engines': {
    job: 'temporal_workflow_failed* temporal_*workflow*timeout* airflow_dag_* airflow_task_* airflow_ti_failures camunda_*incident* zeebe_incident* n8n_workflow_failed* cadence_*failed* airflow_dagrun_* dagster_*',
    latency: 'temporal_*latency* airflow_dag_processing_* service_latency_*',
    backlog: 'temporal_*backlog* airflow_executor_* airflow_pool_* airflow_scheduler_tasks_* zeebe_*backpressure*',
    errors:
      'temporal_*request_failure* service_errors* temporal_*error* persistence_errors* zeebe_*dropped* temporal_activity_*failed*',
    unavailable: 'airflow_scheduler_heartbeat airflow_*heartbeat zeebe_health temporal_worker_task_slots_available',
  },
  identity: {
    security:
      'keycloak_failed_login_attempts keycloak_login_error* keycloak_user_event_*error* authelia_authn* authentik_*fail* dex_*fail* openldap_bind_*fail* keycloak_failed_*',
    latency: 'keycloak_request_duration*',
    errors: 'keycloak_response_errors keycloak_response_errors_total',
    consistency: 'openldap_*replication* openldap_monitor_replication*',
    connections: 'openldap_*connection*',
  },
  'mail and telephony': {
    connections: 'freeswitch_session_* asterisk_channels_* asterisk_*calls* opensips_* kamailio_*dialog*',
    errors:
      'postfix_smtp_*rejected* postfix_*bounce* kamailio_*failed* sip_*failed* postfix_smtpd_*rejects* dovecot_*fail*',
    backlog: 'postfix_showq_* postfix_queue* rspamd_*deferred*',
    unavailable: 'asterisk_*peers* freeswitch_registration* asterisk_endpoints_*',
  },
  'blockchains and others': {
    consistency:
      'ethereum_*behind* eth_syncing ethereum_api_*sync* *_chain_head_block* beacon_*sync* *_blocks_behind beacon_head_slot',
    backlog: '*_subgraph_*behind* subgraph_*behind*',
    unavailable: 'minecraft_status* teamspeak_* homeassistant_entity_available hass_entity_available zigbee2mqtt_*',
    certificate: 'nextcloud_*expir* confluent_*license* elasticsearch_*license*',
    config: 'nextcloud_apps_updates_* wordpress_*update* nextcloud_system_update_available',
    disk: 'nextcloud_free_space_bytes synology_disk* immich_*storage* nextcloud_*space*',
    hardware: 'octoprint_* homeassistant_sensor_* hass_sensor_temperature* hass_sensor_*',
    informational: 'mysteryshopper_* tesla_* solar_*',
  },
  'language models': {
    latency:
      'vllm:*latency* vllm:time_* vllm_*latency* tgi_*duration* vllm:e2e_* ollama_*duration* litellm_*latency* litellm_request_total_latency* triton_*duration* nv_inference_*duration*',
    backlog:
      'vllm:num_requests_waiting vllm:num_requests_swapped tgi_queue_size vllm_num_requests_waiting nv_inference_pending_request_count',
    memory: 'vllm:gpu_cache_usage_perc vllm:cpu_cache_usage_perc vllm:kv_cache_usage_perc',
    errors: 'litellm_*failed* nv_inference_request_failure litellm_proxy_failed_requests* vllm:*error*',
    informational: 'litellm_spend* litellm_*budget*',
    unavailable: 'litellm_deployment_state ray_*dead* ray_node_*dead*',
  },
};
