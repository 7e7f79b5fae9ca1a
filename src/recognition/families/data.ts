import type { FamilyTable } from './index.ts';

/** Databases, caches, search engines, queues and streams. */
export const DATA_FAMILIES: FamilyTable = {
  'postgres exporter': {
    connections:
      'pg_stat_activity_count pg_settings_max_connections pg_settings_superuser_reserved_connections pg_stat_database_numbackends pg_stat_activity* pg_database_connection_limit',
    errors:
      'pg_stat_database_xact_rollback pg_stat_database_deadlocks pg_stat_database_conflicts* pg_rollback* postgresql_errors_total',
    consistency:
      'pg_replication_lag* pg_replication_is_replica pg_stat_replication_* pg_stat_wal_receiver_* pg_xlog_* pg_wal_lsn* patroni_xlog_* patroni_postgres_timeline pg_stat_checksum* pg_repl_* cnpg_pg_replication_* cnpg_collector_sync_replicas',
    backlog:
      'pg_stat_user_tables_n_dead_tup pg_replication_slot* pg_replication_slots_* pg_locks_count pg_slow_queries pg_stat_archiver_ready* pg_long_running_* pg_wal_size* pg_txid_* pg_prepared_*',
    latency: 'pg_stat_activity_max_tx_duration pg_stat_statements_* pg_slow_queries pg_stat_user_tables_*time*',
    disk: 'pg_bloat_* pg_database_size_bytes pg_database_size pg_stat_database_temp_* pg_wal_size_bytes pg_table_bloat* pg_index_bloat* pg_stat_bgwriter_* pg_tablespace_*',
    job: 'pg_stat_user_tables_last_* pg_stat_archiver_* pg_autovacuum* pgbackrest_* cnpg_collector_last_failed_backup_timestamp cnpg_collector_last_available_backup_timestamp',
    config: 'pg_settings_*',
    traffic: 'pg_stat_database_xact_commit pg_stat_database_tup_*',
    crash: 'pg_postmaster_start_time_seconds',
    memory: 'pg_stat_database_blks_*',
    telemetry: 'pg_exporter_* pg_scrape_*',
    unavailable:
      'pg_up patroni_master patroni_replica patroni_primary patroni_cluster_unlocked patroni_postgres_running patroni_dcs_last_seen cnpg_collector_up',
  },
  'pooler exporters': {
    connections:
      'pgbouncer_pools_* pgbouncer_databases_* pgbouncer_config_* pgbouncer_stats_* pgcat_* pgpool2_* proxysql_client_connections_* proxysql_connection_pool_* proxysql_connpool_* odyssey_* pgbouncer_pools_client_waiting_connections pgbouncer_cl_waiting',
    errors: 'pgbouncer_errors_count pgbouncer_*errors*',
    unavailable: 'pgpool2_pool_nodes_status proxysql_server_status',
  },
  'mysqld exporter': {
    connections:
      'mysql_global_status_threads_* mysql_global_status_max_used_connections mysql_global_variables_max_connections mysql_global_status_aborted_connects mysql_global_status_open_files mysql_global_variables_open_files_limit mysql_global_status_innodb_num_open_files mysql_global_status_connections mysql_global_variables_innodb_open_files',
    errors:
      'mysql_global_status_connection_errors_total mysql_global_status_aborted_clients mysql_global_status_innodb_deadlocks mysql_global_status_table_locks_*',
    latency: 'mysql_global_status_slow_queries mysql_perf_schema_*seconds* mysql_global_status_innodb_row_lock_time*',
    consistency:
      'mysql_slave_status_* mysql_replica_status_* mysql_heartbeat_* mysql_galera_* mysql_global_status_wsrep_* mysql_slave_* galera_*',
    backlog:
      'mysql_global_status_innodb_log_waits mysql_info_schema_innodb_metrics_transaction_trx_rseg_history_len mysql_global_status_innodb_row_lock_* mysql_info_schema_innodb_trx*',
    memory:
      'mysql_global_status_innodb_buffer_pool_* mysql_global_status_buffer_pool_* mysql_global_variables_innodb_buffer_pool_size mysql_global_variables_key_buffer_size',
    disk: 'mysql_info_schema_table_size* mysql_global_status_innodb_data_* mysql_global_status_created_tmp_disk_tables',
    crash: 'mysql_global_status_uptime',
    traffic: 'mysql_global_status_queries mysql_global_status_questions mysql_global_status_commands_total',
    telemetry: 'mysql_exporter_*',
    config: 'mysql_global_variables_* mysql_version_info',
  },
  'redis exporter': {
    unavailable:
      'redis_instance_info redis_cluster_state redis_cluster_slots_* redis_sentinel_master_ok_* redis_sentinel_master_status redis_cluster_size redis_master_link_up redis_sentinel_masters',
    connections:
      'redis_connected_clients redis_config_maxclients redis_blocked_clients redis_rejected_connections_total',
    memory: 'redis_memory_* redis_evicted_keys_total redis_mem_* redis_allocator_*',
    consistency:
      'redis_master_repl_offset redis_connected_slaves redis_slave_* redis_connected_slave_* redis_master_last_io_seconds_ago redis_master_sync_in_progress',
    job: 'redis_rdb_last_save_timestamp_seconds redis_rdb_last_bgsave_* redis_aof_last_bgrewrite_* redis_rdb_changes_since_last_save redis_aof_last_*',
    latency: 'redis_slowlog_* redis_commands_duration_seconds* redis_latency_*',
    errors:
      'redis_rejected_commands_total redis_commands_failed_calls_total redis_errors_total redis_keyspace_misses_total',
    telemetry: 'redis_exporter_*',
    crash: 'redis_uptime_in_seconds',
  },
  memcached: {
    connections: 'memcached_current_connections memcached_max_connections memcached_connections_*',
    memory:
      'memcached_current_bytes memcached_limit_bytes memcached_items_evicted_total memcached_items_* memcached_slab_*',
    errors: 'memcached_commands_total',
  },
  'mongodb exporter': {
    connections:
      'mongodb_ss_connections mongodb_connections* mongodb_metrics_cursor_* mongodb_ss_metrics_cursor_* mongodb_*cursor_open* mongodb_cursors*',
    consistency:
      'mongodb_mongod_replset_* mongodb_rs_members_* mongodb_replset_* mongodb_*replication_lag* mongodb_rs_* mongodb_*oplog* mongodb_mongod_replset_member_optime_date mongodb_rs_members_optimedate',
    unavailable:
      'mongodb_mongod_replset_member_health mongodb_rs_members_health mongodb_rs_members_state mongodb_replset_member_state mongodb_mongod_replset_my_state',
    memory: 'mongodb_ss_mem_* mongodb_memory mongodb_*wt_cache_* mongodb_ss_wt_cache_* mongodb_*virtual*',
    backlog:
      'mongodb_ss_globalLock_currentQueue* mongodb_mongod_global_lock_current_queue mongodb_*tickets* mongodb_ss_wt_concurrenttransactions*',
    errors: 'mongodb_ss_asserts* mongodb_asserts_total',
    latency: 'mongodb_*latencies* mongodb_ss_oplatencies*',
    disk: 'mongodb_dbstats_* mongodb_mongod_db_*size*',
  },
  elasticsearch: {
    unavailable:
      'elasticsearch_cluster_health_status elasticsearch_cluster_health_number_of_* elasticsearch_cluster_health_up opensearch_cluster_status opensearch_cluster_nodes_number solr_ping solr_collections_live_nodes solr_collections_shard_state',
    consistency:
      'elasticsearch_cluster_health_*_shards elasticsearch_cluster_health_unassigned_shards opensearch_cluster_shards_number solr_collections_replica_state elasticsearch_cluster_health_active_shards*',
    traffic:
      'elasticsearch_indices_indexing_index_total elasticsearch_indices_search_query_total elasticsearch_indices_get_total',
    backlog:
      'elasticsearch_cluster_health_initializing_shards elasticsearch_cluster_health_relocating_shards elasticsearch_cluster_health_delayed_unassigned_shards elasticsearch_cluster_health_number_of_pending_tasks elasticsearch_thread_pool_queue_count opensearch_cluster_pending_tasks_number opensearch_threadpool_tasks_number elasticsearch_thread_pool_active_count',
    memory:
      'elasticsearch_jvm_* opensearch_jvm_* elasticsearch_breakers_* opensearch_circuitbreaker_* solr_core_searcher_cache_* elasticsearch_indices_*cache_memory* elasticsearch_indices_fielddata_*',
    disk: 'elasticsearch_filesystem_* opensearch_fs_* elasticsearch_indices_store_* elasticsearch_indices_segment*',
    latency:
      'elasticsearch_indices_*_time_* elasticsearch_indices_search_* elasticsearch_indices_indexing_*time* opensearch_index_search_*time* solr_metrics_core_*_p* solr_metrics_core_query_*ms',
    errors:
      'elasticsearch_thread_pool_rejected_count opensearch_threadpool_tasks_rejected* elasticsearch_breakers_tripped elasticsearch_indices_indexing_index_*failed* solr_metrics_core_update_handler_errors solr_metrics_core_errors_total solr_metrics_core_*errors*',
    cpu: 'elasticsearch_process_cpu_percent elasticsearch_os_cpu_percent elasticsearch_os_load*',
    job: 'elasticsearch_snapshot_stats_* elasticsearch_slm_*',
    telemetry: 'elasticsearch_exporter_*',
    informational: 'elasticsearch_indices_docs meilisearch_index_docs_count',
    config: 'elasticsearch_indices_settings_stats_read_only_indices elasticsearch_clusterinfo_version_info',
    capacity: 'elasticsearch_indices_settings_total_fields elasticsearch_indices_mapping*',
    connections: 'elasticsearch_process_open_files_count elasticsearch_process_max_files_descriptors',
  },
  kafka: {
    backlog:
      'kafka_consumergroup_* kafka_consumer_* kminion_kafka_consumer_* kafka_burrow_* burrow_kafka_* kafka_server_fetcherlagmetrics* kafka_lag_* kafka_network_requestchannel_*queue* kafka_minion_group_* kafka_log_logcleaner*',
    consistency:
      'kafka_topic_partition_in_sync_replica kafka_topic_partition_under_replicated_partition kafka_server_replicamanager_* kafka_cluster_partition_* kafka_controller_kafkacontroller_preferredreplica* kafka_topic_partition_replicas kafka_server_replicafetchermanager* kafka_topic_partition_leader_is_preferred kafka_controller_controllerstats_uncleanleader*',
    unavailable:
      'kafka_brokers kafka_controller_kafkacontroller_activecontrollercount* kafka_controller_kafkacontroller_offlinepartitions* kafka_topic_partition_leader kafka_broker_info kafka_server_sessionexpire* kafka_controller_kafkacontroller_activebrokercount strimzi_*',
    errors: 'kafka_server_brokertopicmetrics_failed* kafka_network_requestmetrics_errors*',
    latency: 'kafka_network_requestmetrics_*time*',
    job: 'kafka_connect_connector_status kafka_connect_*task*status* kafka_connect_connector_task* kafka_connect_worker_*failed*',
    disk: 'kafka_log_log_size*',
    traffic: 'kafka_server_brokertopicmetrics_messagesin* kafka_server_brokertopicmetrics_bytes*',
    connections: 'kafka_server_socket_server_metrics_connection_count*',
    cpu: 'kafka_network_socketserver_networkprocessoravgidlepercent* kafka_server_kafkarequesthandlerpool_*idle*',
  },
  rabbitmq: {
    unavailable:
      'rabbitmq_running rabbitmq_partitions rabbitmq_build_info rabbitmq_identity_info rabbitmq_cluster_* rabbitmq_alarms_* rabbitmq_queue_consumers rabbitmq_detailed_queue_consumers erlang_vm_dist_node_state',
    consistency:
      'rabbitmq_unreachable_cluster_peers_count rabbitmq_raft_* rabbitmq_detailed_raft_* rabbitmq_partitions',
    backlog:
      'rabbitmq_queue_* rabbitmq_queues rabbitmq_detailed_queue_* rabbitmq_queue_messages* rabbitmq_queue_consumer_utilisation rabbitmq_channel_messages_unacked rabbitmq_global_messages_*ready*',
    errors:
      'rabbitmq_queue_messages_dead* rabbitmq_channel_messages_unroutable_* rabbitmq_global_messages_dead_* rabbitmq_channel_messages_redelivered_total rabbitmq_global_messages_unroutable_*',
    connections:
      'rabbitmq_connections* rabbitmq_channels rabbitmq_consumers rabbitmq_process_open_fds rabbitmq_process_max_fds rabbitmq_fd_* rabbitmq_sockets_* rabbitmq_process_open_tcp_sockets rabbitmq_connection_channels rabbitmq_erlang_processes_used rabbitmq_process_max_tcp_sockets rabbitmq_connections_opened_total rabbitmq_connections_closed_total',
    memory:
      'rabbitmq_process_resident_memory_bytes rabbitmq_resident_memory_limit_bytes rabbitmq_node_mem_* rabbitmq_alarms_memory_used_watermark',
    disk: 'rabbitmq_disk_space_* rabbitmq_node_disk_* rabbitmq_alarms_free_disk_space_watermark',
    traffic:
      'rabbitmq_exchange_messages_* rabbitmq_channel_messages_published_total rabbitmq_global_messages_received_total',
  },
  'other queues': {
    backlog: `nats_consumer_* nats_varz_slow_consumers gnatsd_varz_slow_consumers gnatsd_connz_pending_bytes gnatsd_connz_in_msgs jetstream_consumer_* pulsar_msg_backlog pulsar_subscription_* pulsar_storage_backlog* sidekiq_* resque_* celery_queue_length celery_*queue* bull_* bullmq_* beanstalkd_*
      activemq_queue_queuesize activemq_queue_size activemq_* solace_* ibmmq_queue_depth ibmmq_* queue_ready_depth asynq_* rq_* delayed_job_* good_job_* que_* temporal_*backlog* temporal_*schedule_to_start* artemis_message_count nsq_*depth* nsqd_*depth* gearman_* faktory_* zk_outstanding_requests zookeeper_outstanding_requests outstanding_requests horizon_* php_fpm_listen_queue phpfpm_listen_queue postfix_*queue* exim_queue* puma_backlog resque_jobs_pending`,
    connections:
      'gnatsd_connz_num_connections gnatsd_connz_* gnatsd_varz_connections gnatsd_varz_subscriptions gnatsd_varz_routes nats_varz_connections* zk_num_alive_connections zookeeper_numaliveconnections zk_open_file_descriptor_count activemq_connections* gnatsd_routez_num_routes pulsar_active_connections pulsar_connection_*',
    cpu: 'gnatsd_varz_cpu nats_varz_cpu',
    memory:
      'gnatsd_varz_mem nats_varz_mem gnatsd_varz_jetstream_*memory* jetstream_*memory* activemq_memory* activemq_broker_memory*',
    disk: 'gnatsd_varz_jetstream_*storage* gnatsd_varz_jetstream_*store* jetstream_*storage* jetstream_*store* activemq_store* bookie_ledger_dir_* bookie_write_* pulsar_storage_size bookie_ledgers_count activemq_temp*',
    errors:
      'gnatsd_*errors* jetstream_*errors* pulsar_*error* resque_jobs_failed_total sidekiq_*fail* celery_task_failed_total celery_*failed* sidekiq_dead* sidekiq_retr* faktory_*fail* delayed_jobs_failed',
    unavailable:
      'gnatsd_varz_leafnodes gnatsd_healthz_* zk_up zk_server_leader zk_server_state zk_quorum_size zk_synced_followers bookie_server_status zk_ruok zookeeper_up zk_followers bookkeeper_server_*readonly* zk_peer_state celery_worker_up celery_workers sidekiq_processes',
    consistency: 'zk_pending_syncs zk_synced_* bookkeeper_*replica*',
    latency:
      'zk_avg_latency zk_max_latency pulsar_*latency* sidekiq_*latency* sidekiq_queue_latency* bookkeeper_*latency* celery_task_runtime*',
    traffic:
      'gnatsd_varz_in_msgs gnatsd_varz_out_msgs gnatsd_varz_in_bytes pulsar_rate_in pulsar_rate_out pulsar_throughput_*',
    capacity: 'gnatsd_varz_jetstream_stats_accounts zk_znode_count zk_watch_count pulsar_topics_count',
  },
  'wide-column and analytic stores': {
    unavailable:
      'cassandra_endpoint_active cassandra_down_endpoint* cassandra_stats*downendpointcount* clickhousemetrics_readonlyreplica clickhouseerrormetric_no_available_replica clickhouseerrormetric_too_few_live_replicas clickhousemetrics_zookeepersession hadoop_namenode_*dead* hadoop_*_lost* hbase_*dead* cassandra_endpoint_* scylla_node_operation_mode scylla_gossip_* cockroach_*_unavailable* liveness_livenodes tikv_* tidb_*_up couchdb_httpd_up druid_*unavailable* trino_*failed*nodes* aerospike_*dead* node_liveness* ranges_unavailable',
    consistency:
      'clickhouseasyncmetrics_replicasmax* clickhouseerrormetric_all_replicas_* clickhouseprofileevents_replicateddataloss hadoop_namenode_missingblocks hadoop_namenode_corrupt* hadoop_namenode_under* ranges_underreplicated couchbase_*replication* couchdb_replicator_* cassandra_stats*repair* hadoop_namenode_*replicat* clickhouseprofileevents_replicated*fail* clickhouseprofileevents_*datalos* influxdb_*hinted* cb_*xdcr* cockroach_*clock* clock_offset_*',
    backlog:
      'clickhouseasyncmetrics_maxpartcountforpartition clickhousemetrics_*queue* clickhouseprofileevents_delayedinserts cassandra_stats*pendingtasks* cassandra_*pending* cassandra_stats*hints* cassandra_*blocked* scylla_compaction_* scylla_*pending* hadoop_*pending* hbase_*queue* cassandra_*hint* couchbase_*disk_write_queue* cb_*queue* tikv_*pending* rocksdb_*pending* druid_*pending* couchdb_*pending* cassandra_stats*currentlyblocked* cassandra_*currentlyblocked*',
    memory:
      'clickhouse*memory* hadoop_hbase_region_server_heap_* couchbase_*mem* cb_*mem* cassandra_jvm* clickhouseasyncmetrics_cgroupmemory*',
    disk: 'clickhouseasyncmetrics_disk* hadoop_namenode_capacity* hadoop_datanode_* hadoop_dfs_* cassandra_stats*load* couchdb_*disk* hbase_*storefile* druid_segment_*size* influxdb_*diskbytes* capacity_available capacity_used hadoop_namenode_percentremaining',
    connections:
      'clickhousemetrics_*connection* cassandra_client_connected* cassandra_stats*connectedclients* couchdb_open_os_files_total couchdb_httpd_clients* sql_conns oracledb_sessions_* oracledb_process_count oracledb_resource_* mssql_connections mssql_*connection* db2_*connections* scylla_transport_current_connections',
    errors:
      'clickhouseprofileevents_*rejected* clickhouseprofileevents_failed* cassandra_stats*timeouts* cassandra_stats*unavailables* cassandra_stats*exceptions* cassandra_*dropped* cassandra_stats*dropped* scylla_*errors* couchdb_httpd_status_codes* couchdb_log_level* couchbase_*errors* hadoop_yarn_*failures* clickhouseerrormetric_* mssql_deadlocks cassandra_*failure* cassandra_*timeouts* cassandra_*exceptions* cassandra_client_request_*unavailable* mssql_kill* mssql_user_errors*',
    security: 'clickhouseerrormetric_authentication_failed clickhouseerrormetric_*denied*',
    network: 'clickhouseprofileevents_network* clickhouseprofileevents_zookeeperhardwareexceptions',
    latency:
      'cassandra_*latency* cassandra_stats*latency* clickhouse*elapsed* hadoop_hbase_*latency* hadoop_*processingtime* scylla_*latency* couchdb_request_time* couchdb_httpd_request_time* mssql_*stall* oracledb_wait_time_* hbase_*latency*',
    cpu: 'hadoop_nodemanager_nodecpu* mssql_cpu* clickhouseasyncmetrics_*cpu* clickhouseasyncmetrics_load*',
    capacity:
      'hadoop_resourcemanager_* hadoop_nodemanager_allocated* hadoop_hbase_region_count hadoop_yarn_* cassandra_*tombstone* hadoop_nodemanager_available*',
    hardware: 'hadoop_namenode_volumefailures*',
    job: 'hadoop_mapreduce_* couchdb_fabric_* spark_*fail* flink_*checkpoint*failed* flink_jobmanager_job_* airflow_* dagster_* prefect_* dbt_* luigi_* azkaban_* oozie_* mssql_*backup* spark_job_*',
    crash: 'flink_jobmanager_job_numrestarts flink_*numrestarts* flink_*fullrestarts*',
  },
};
