import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ALERT_CLASSES, type AlertClass } from '../domain/alert-class.ts';
import { createKnowledge } from './knowledge.ts';
import { recogniseAlert } from './recognise.ts';

const knowledge = createKnowledge();
const classOf = (expression: string, ...sentences: string[]) =>
  recogniseAlert({ name: 'Alert', expression, sentences }, knowledge).class;

/** Of each class something that no table lists, and something by which well-known exporters are told. */
const MEANT: Readonly<Record<AlertClass, readonly string[]>> = {
  latency: [
    'histogram_quantile(0.99, sum by (le) (rate(shop_checkout_duration_seconds_bucket[5m]))) > 1',
    'rate(shop_render_seconds_sum[5m]) / rate(shop_render_seconds_count[5m]) > 0.5',
  ],
  errors: [
    'sum(rate(shop_orders_total{status="failed"}[5m])) / sum(rate(shop_orders_total[5m])) > 0.02',
    'sum(rate(http_server_request_duration_seconds_count{http_response_status_code=~"5.."}[5m])) > 1',
  ],
  traffic: ['sum(rate(shop_requests_total[5m])) < 1', 'sum(rate(istio_requests_total[5m])) > 9000'],
  cpu: [
    'sum(rate(container_cpu_usage_seconds_total{pod=~"shop.*"}[5m])) > 3',
    'nodejs_eventloop_lag_p99_seconds > 0.5',
  ],
  memory: [
    'container_memory_working_set_bytes / container_spec_memory_limit_bytes > 0.9',
    'shop_heap_used_bytes / shop_heap_limit_bytes > 0.9',
  ],
  disk: ['predict_linear(node_filesystem_avail_bytes[6h], 14400) < 0', 'shop_upload_volume_free_bytes < 1e9'],
  connections: ['hikaricp_connections_pending > 0', 'pg_stat_activity_count / pg_settings_max_connections > 0.8'],
  backlog: ['sum by (queue) (rabbitmq_queue_messages_ready) > 500', 'shop_mail_queue_length > 100'],
  crash: [
    'increase(kube_pod_container_status_restarts_total[10m]) > 3',
    'changes(process_start_time_seconds[15m]) > 2',
  ],
  unavailable: ['up{job="orders"} == 0', 'mysql_up == 0', 'absent(up{job="orders"})'],
  rollout: [
    'kube_deployment_status_observed_generation != kube_deployment_metadata_generation',
    'count(count by (version) (shop_build_info)) > 1',
  ],
  consistency: ['mysql_slave_status_seconds_behind_master > 60', 'sum(shop_is_leader) > 1'],
  certificate: ['(shop_tls_cert_not_after - time()) / 86400 < 7', 'probe_ssl_earliest_cert_expiry - time() < 86400'],
  job: ['kube_job_status_failed > 0', 'time() - shop_backup_last_success_timestamp_seconds > 86400'],
  config: ['shop_config_last_reload_successful == 0', 'prometheus_config_last_reload_successful == 0'],
  hardware: ['node_hwmon_temp_celsius > 80', 'rack_fan_speed_rpm < 100'],
  network: ['rate(node_network_receive_errs_total[5m]) > 1', 'rate(shop_dns_lookup_failures_total[5m]) > 1'],
  security: ['increase(falco_events[5m]) > 0', 'rate(shop_failed_login_total[5m]) > 10'],
  capacity: [
    'kube_horizontalpodautoscaler_status_current_replicas == kube_horizontalpodautoscaler_spec_max_replicas',
    'shop_tenant_quota_used / shop_tenant_quota_hard > 0.9',
  ],
  telemetry: [
    'rate(prometheus_remote_storage_samples_failed_total[5m]) > 0',
    'rate(otelcol_exporter_send_failed_spans[5m]) > 0',
  ],
  informational: ['vector(1)'],
};

describe('recognition', () => {
  it.each(Object.keys(ALERT_CLASSES) as AlertClass[])('%s, by the expression alone', (alertClass) => {
    for (const expression of MEANT[alertClass])
      expect([expression, classOf(expression)]).toEqual([expression, alertClass]);
  });

  it('says what spoke for it, strongest first', () => {
    const { because, margin } = recogniseAlert(
      {
        name: 'Slow',
        expression: 'histogram_quantile(0.9, rate(shop_duration_seconds_bucket[5m])) > 1',
        sentences: [],
      },
      knowledge,
    );

    expect(because[0]).toBe('a quantile of shop_duration_seconds_bucket');
    expect(margin).toBeGreaterThan(0.5);
  });

  it('takes the text where there is no expression', () => {
    expect(classOf('', 'Consumer group billing is lagging behind by 20000 messages')).toBe('backlog');
  });

  it.each([
    ['nothing is said', ''],
    ['nothing is known', 'frobnicated_widgets > 4'],
    ['two things are said alike', 'foo_memory_disk_bytes > 1'],
  ])('is unknown where %s', (_, expression) => {
    expect(classOf(expression)).toBe('unknown');
  });

  it('is not misled by names of places', () => {
    expect(classOf('kube_job_status_failed{namespace="memory", job="disk", pod="cpu"} > 0')).toBe('job');
  });

  it('does not take the count of a duration for a duration', () => {
    const counted = 'rate(shop_request_duration_seconds_count{code=~"5.."}[5m])';

    expect(classOf(`sum(${counted}) / sum(rate(shop_request_duration_seconds_count[5m])) > 0.1`)).toBe('errors');
  });

  it('answers whatever the text is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), fc.array(fc.string()), (expression, name, sentences) => {
        const { class: alertClass, margin } = recogniseAlert({ name, expression, sentences }, knowledge);

        expect([...Object.keys(ALERT_CLASSES), 'unknown']).toContain(alertClass);
        expect(margin).toBeGreaterThanOrEqual(0);
        expect(margin).toBeLessThanOrEqual(1);
      }),
    );
  });
});
