import { describe, expect, it } from 'vitest';
import { detectIn, detectorWorld } from '../../test/contract/detector-contract.ts';
import { certificateExpiry } from './index.ts';

const DAY_S = 86_400;

/** One certificate that ends in `days`, and an alert with `alert` as its labels. */
function detect(labels: Record<string, string>, days: number, alert: Record<string, string> = {}) {
  const world = detectorWorld((series, _, now) => {
    series.gauge(labels, now / 1000 + days * DAY_S, { from: now - 300_000, to: now });
  });
  world.cluster.addService({ namespace: 'shop', name: 'orders', clusterIp: null, selector: { app: 'orders' } });
  const signals = [{ name: 'CertificateExpiring', labels: alert, startedAt: world.now - 60_000 }];
  return detectIn({ ...world, incident: { ...world.incident, signals } }, certificateExpiry);
}

const PROBE = {
  __name__: 'probe_ssl_earliest_cert_expiry',
  job: 'blackbox',
  instance: 'https://orders.shop.svc:8443/',
};

describe('certificate-expiry', () => {
  it.each<[string, Record<string, string>, Record<string, string>, string]>([
    ['blackbox_exporter, at the address of the workload', PROBE, {}, 'orders.shop.svc:8443'],
    [
      'blackbox_exporter, named by the alert',
      { ...PROBE, instance: 'https://shop.example' },
      { instance: 'https://shop.example' },
      'shop.example',
    ],
    [
      'ssl_exporter',
      { __name__: 'ssl_cert_not_after', instance: 'orders:443', cn: 'orders' },
      { cn: 'orders' },
      'orders:443',
    ],
    [
      'x509-certificate-exporter, a Secret',
      { __name__: 'x509_cert_not_after', secret_namespace: 'shop', secret_name: 'orders-tls', subject_CN: 'orders' },
      { secret_name: 'orders-tls' },
      'shop/orders-tls',
    ],
    [
      'x509-certificate-exporter, a file of its own pod',
      { __name__: 'x509_cert_not_after', filepath: '/tls/tls.crt', namespace: 'shop', pod: 'orders-7d9f8c6b5d-x2k4b' },
      {},
      '/tls/tls.crt',
    ],
    [
      'cert-manager',
      { __name__: 'certmanager_certificate_expiration_timestamp_seconds', exported_namespace: 'shop', name: 'orders' },
      { name: 'orders' },
      'shop/orders',
    ],
    [
      'ingress-nginx',
      { __name__: 'nginx_ingress_controller_ssl_expire_time_seconds', host: 'shop.example', secret_name: 'shop-tls' },
      { host: 'shop.example' },
      'shop-tls',
    ],
    [
      'Traefik',
      { __name__: 'traefik_tls_certs_not_after', cn: 'shop.example', serial: '1' },
      { cn: 'shop.example' },
      'shop.example',
    ],
  ])('reads %s', async (_, labels, alert, name) => {
    const [finding] = await detect(labels, 3.5, alert);

    expect(finding).toMatchObject({ reason: 'certificate-expiring', subject: { name: 'orders' } });
    expect(finding?.summary).toBe(`Deployment shop/orders: certificate ${name} ends in 3 days`);
    expect(finding?.figures.endsInSeconds).toBeCloseTo(3.5 * DAY_S, 0);
  });

  it.each<[string, number, Record<string, string>, number, string]>([
    ['ended, alerted', -0.5, { instance: PROBE.instance }, 0.97, 'ended 12 hours ago'],
    ['ended', -0.5, {}, 0.9, 'ended 12 hours ago'],
    ['soon, alerted', 3, { instance: PROBE.instance }, 0.9, 'ends in 3 days'],
    ['tomorrow: explains nothing of today', 0.9, {}, 0.5, 'ends in 22 hours'],
    ['in a week: explains nothing of today', 7, {}, 0.3, 'ends in 7 days'],
  ])('is as sure as it can be: %s', async (_, days, alert, confidence, text) => {
    expect(await detect(PROBE, days, alert)).toMatchObject([{ confidence, summary: expect.stringContaining(text) }]);
  });

  it('gives the commands of cert-manager', async () => {
    const labels = {
      __name__: 'certmanager_certificate_expiration_timestamp_seconds',
      namespace: 'shop',
      name: 'orders',
    };

    const [finding] = await detect(labels, 1, { name: 'orders' });

    expect(finding?.mend).toBe('kubectl -n shop describe certificate orders\ncmctl -n shop renew orders');
  });

  it.each<[string, Record<string, string>, number, Record<string, string>]>([
    ['it holds for long', PROBE, 60, {}],
    ['it is of somebody else', { ...PROBE, instance: 'https://billing.example' }, 3, {}],
    ['the alert names another one', { ...PROBE, instance: 'https://a.example' }, 3, { instance: 'https://b.example' }],
    [
      'the alert names only the exporter',
      { __name__: 'x509_cert_not_after', instance: 'exporter:9793', secret_name: 'a' },
      3,
      { instance: 'exporter:9793' },
    ],
    ['an exporter that could not read', { ...PROBE }, -1e6, {}],
  ])('finds nothing: %s', async (_, labels, days, alert) => {
    expect(await detect(labels, days, alert)).toEqual([]);
  });
});
