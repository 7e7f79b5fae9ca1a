import type { FamilyTable } from './index.ts';

/** Machines: operating systems, disks, sensors, networks and hypervisors. */
export const MACHINE_FAMILIES: FamilyTable = {
  'node exporter': {
    cpu: 'node_load* node_cpu_* node_context_switches_total node_pressure_cpu_* node_procs_running node_schedstat_* instance:node_cpu* instance:node_load*',
    memory: 'node_memory_* node_vmstat_* node_pressure_memory_* instance:node_memory*',
    disk: 'node_filesystem_* node_disk_* node_pressure_io_* node_bcache_* node_xfs_* node_btrfs_* instance_device:node_disk* node_zfs_arc_*',
    connections: 'node_filefd_* node_sockstat_* node_netstat_tcp_currestab node_processes_*',
    network:
      'node_network_* node_netstat_* node_nf_conntrack_* node_bonding_* node_arp_* node_softnet_* node_udp_queues node_tcp_connection_states* node_wifi_* node_network_carrier_changes_total',
    hardware:
      'node_hwmon_* node_edac_* node_md_* node_thermal_* node_power_supply_* node_cooling_device_* node_rapl_* node_nvme_* node_zfs_zpool_state node_infiniband_*',
    crash: 'node_boot_time_seconds node_vmstat_boot node_systemd_service_restart_total',
    consistency: 'node_timex_* node_ntp_*',
    unavailable: 'node_systemd_unit_state',
    telemetry: 'node_textfile_* node_scrape_collector_*',
    config: 'node_reboot_required node_os_info',
    job: 'node_systemd_timer_last_trigger_seconds',
  },
  'windows exporter': {
    cpu: 'windows_cpu_* windows_system_processor_queue_length windows_system_context_switches_total',
    memory:
      'windows_memory_* windows_os_physical_memory_* windows_os_virtual_memory_* windows_cs_physical_memory_bytes windows_pagefile_* windows_os_paging_*',
    disk: 'windows_logical_disk_*',
    hardware: 'windows_disk_drive_* windows_physical_disk_status windows_thermalzone_*',
    network: 'windows_net_* windows_tcp_* windows_udp_* windows_dns_* windows_dhcp_*',
    unavailable: 'windows_service_*',
    telemetry: 'windows_exporter_*',
    latency: 'windows_time_ntp_round_trip_delay_seconds',
    consistency: 'windows_time_* windows_ad_replication_*',
    crash: 'windows_system_system_up_time windows_system_boot_time_timestamp_seconds',
    job: 'windows_scheduled_task_*',
    traffic: 'windows_iis_requests_total',
    connections: 'windows_iis_current_connections windows_rdp_* windows_remote_fx_* windows_terminal_services_*',
    config: 'windows_update_pending_info windows_update_reboot_required',
  },
  'process exporter': {
    unavailable: 'namedprocess_namegroup_num_procs procstat_lookup_*',
    connections:
      'namedprocess_namegroup_open_filedesc namedprocess_namegroup_worst_fd_ratio namedprocess_namegroup_num_threads process_open_fds process_max_fds',
    memory: 'namedprocess_namegroup_memory_* process_resident_memory_bytes process_virtual_memory_bytes',
    cpu: 'namedprocess_namegroup_cpu_* process_cpu_seconds_total namedprocess_namegroup_context_switches_total',
    disk: 'namedprocess_namegroup_read_bytes_total namedprocess_namegroup_write_bytes_total',
    crash:
      'namedprocess_namegroup_oldest_start_time_seconds process_start_time_seconds process_uptime* *_uptime_seconds *_uptime *_uptime_in_seconds *_uptime_seconds_total *_start_time_seconds *_start_timestamp* *process_restarts*',
    backlog: 'namedprocess_namegroup_states',
  },
  'systemd exporter': {
    unavailable: 'systemd_unit_state systemd_service_state',
    crash: 'systemd_service_restart_total',
    connections: 'systemd_unit_tasks_current systemd_socket_*',
    job: 'systemd_timer_last_trigger_seconds',
  },
  smartctl: {
    hardware: 'smartctl_* smartmon_* smart_* netdata_smartd_* nvme_* storcli_* megaraid_* hpraid_* mdadm_*',
    telemetry: 'smartctl_device_smartctl_exit_status',
  },
  ipmi: {
    hardware:
      'ipmi_* redfish_* idrac_* hp_ilo_* ilo_* dell_hw_* hpilo_* supermicro_* nut_* network_ups_tools_* apcupsd_* apc_* ups_* upsadv* modbus_* sensor_* dcgm_fi_dev_gpu_temp dcgm_fi_dev_xid_errors dcgm_fi_dev_ecc_* dcgm_fi_dev_power_* dcgm_fi_dev_row_remap_* dcgm_fi_dev_nvlink_* dcgm_fi_dev_retired_* nvidia_smi_temperature* nvidia_smi_ecc_*',
    unavailable: 'ipmi_up',
    cpu: 'dcgm_fi_dev_gpu_util dcgm_fi_prof_gr_engine_active nvidia_smi_utilization_gpu_ratio',
    memory: 'dcgm_fi_dev_fb_used dcgm_fi_dev_fb_free nvidia_smi_memory_*',
  },
  zfs: {
    hardware: 'zfs_pool_health zfs_zpool_health zfs_zpool_state zpool_state',
    disk: 'zfs_pool_free_bytes zfs_pool_size_bytes zfs_pool_allocated_bytes zfs_pool_fragmentation_ratio zfs_pool_capacity_ratio zfs_dataset_*',
    telemetry: 'zfs_scrape_*',
  },
  snmp: {
    network:
      'if_* ifoperstatus ifadminstatus ifhc* ifin* ifout* ifspeed ifhighspeed iflastchange bgppeer* ospf* junos_* dot1d* lldp* cisco_* mikrotik_* unpoller_client_* arista_* fritzbox_* netgear_* huawei_interface_*',
    cpu: 'hrprocessorload laload* sscpu* cpmcputotal* *cpuload*',
    memory: 'memavail* memtotal* ciscomemorypool*',
    disk: 'hrstorage* dsk*',
    crash: 'sysuptime* hrsystemuptime hrdeviceuptime',
    hardware:
      'cisco_env* ciscoenv* entsensor* printer* prt* synology_temperature temperature* fanstatus* powerstatus* diskstatus diskhealthstatus raidstatus systemstatus cpufanstatus systemfanstatus',
    unavailable: 'junos_up snmp_up',
  },
  netdata: {
    cpu: 'netdata_cpu_* netdata_system_cpu_* netdata_system_load_*',
    memory: 'netdata_system_ram_* netdata_mem_* netdata_system_swap*',
    disk: 'netdata_disk_*',
    network: 'netdata_net_* netdata_ip* netdata_fping_*',
    hardware: 'netdata_smartd_* netdata_md_*',
    consistency: 'netdata_md_mismatch_* netdata_system_clock_*',
  },
  hypervisors: {
    unavailable:
      'vmware_host_power_state vmware_vm_power_state pve_up libvirt_up libvirt_domain_info_vstate pve_guest_info vmware_vm_tools* pve_node_info pve_cluster_info',
    cpu: 'vmware_host_cpu_* vmware_vm_cpu_* pve_cpu_* libvirt_domain_info_cpu* libvirt_domain_vcpu_* xen_*cpu*',
    memory:
      'vmware_host_memory_* vmware_vm_mem_* pve_memory_* libvirt_domain_memory_* libvirt_domain_info_memory* vmware_host_mem_* xen_*mem*',
    disk: 'vmware_datastore_* pve_disk_* pve_storage_* libvirt_domain_block_* vmware_vm_disk_*',
    job: 'vmware_vm_snapshot* vmware_vm_snapshots pve_not_backed_up* vmware_vm_snapshot_timestamp_seconds veeam_*',
    consistency: 'pve_replication_*',
    hardware: 'vmware_host_hardware_* vmware_host_sensor* vmware_health* vmware_host_temperature*',
    capacity:
      'openstack_nova_limits_* openstack_cinder_limits_* openstack_nova_vcpus_* openstack_nova_memory_* openstack_neutron_network_ip_availabilities_* openstack_placement_resource_*',
    network: 'vmware_host_net_* libvirt_domain_interface_*',
  },
  'probes of networks': {
    network:
      'smokeping_* ping_* probe_icmp_* mtr_* tcpprobe_* wireguard_* openvpn_server_* openvpn_* tailscale_* tailscaled_* speedtest_*bits* speedtest_download* speedtest_upload* conntrack_* bird_protocol_* frr_* ipsec_* strongswan_* keepalived_vrrp_* starlink_*',
    latency:
      'probe_duration_seconds probe_http_duration_seconds probe_dns_lookup_time_seconds speedtest_ping* speedtest_jitter* ping_rtt_* smokeping_response_duration_seconds* probe_icmp_duration_seconds',
    unavailable:
      'probe_success probe_failed_due_to_regex tcpprobe_success bird_protocol_up frr_bgp_peer_state keepalived_vrrp_state ping_up',
    errors: 'probe_http_status_code probe_failed_due_to_regex',
    certificate:
      'probe_ssl_* ssl_* x509_* domain_expiry* whois_* tls_certificate* certspotter_* *_cert_expiry* *_cert_not_after* *_certificate_expir* *certificate_not_after*',
    config: 'blackbox_exporter_config_*',
    hardware: 'optical_*',
  },
};
