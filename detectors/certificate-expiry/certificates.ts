/** A certificate that some exporter knows. Secrets are never read: only their names are seen here. */
export interface Certificate {
  /** For people: host, Secret or object. */
  readonly name: string;
  /** Unix seconds. */
  readonly endsAt: number;
  readonly manager: 'cert-manager' | null;
  readonly namespace: string | null;
  /** Name of the Certificate or the Secret. */
  readonly object: string | null;
  /** Host, with the port where it is told. */
  readonly address: string | null;
  readonly labels: Readonly<Record<string, string>>;
}

/** blackbox_exporter, ssl_exporter, x509-certificate-exporter, cert-manager, ingress-nginx, Traefik; all in Unix seconds. */
const NAMES = [
  'probe_ssl_earliest_cert_expiry',
  'ssl_cert_not_after',
  'ssl_kubernetes_cert_not_after',
  'x509_cert_not_after',
  'certmanager_certificate_expiration_timestamp_seconds',
  'nginx_ingress_controller_ssl_expire_time_seconds',
  'traefik_tls_certs_not_after',
];
/** Exporters write 0 for what they could not read. */
const MIN_TIME = 1_000_000_000;
/** Of a whole cluster's certificates those that end first. */
const MOST = 50;

export function certificatesQuery(withinS: number): string {
  return `bottomk(${MOST}, ({__name__=~"${NAMES.join('|')}"} < time() + ${withinS}) > ${MIN_TIME})`;
}

export function certificateOf(labels: Readonly<Record<string, string>>, endsAt: number): Certificate | null {
  if (!Number.isFinite(endsAt)) return null;
  const first = (...names: readonly string[]) =>
    names.map((name) => labels[name]).find((it) => it !== undefined && it !== '') ?? null;
  const isCertManager = labels.__name__?.startsWith('certmanager_') === true;
  const secret = first('secret_name', 'secret');
  const object = isCertManager ? first('exported_name', 'name') : secret;
  const namespace = first('secret_namespace', 'exported_namespace', 'namespace');
  const address = addressIn(first('target', 'host', 'instance') ?? '');
  const isProbe = labels.__name__?.startsWith('probe_') === true || labels.__name__ === 'ssl_cert_not_after';
  const host = first('host', 'subject_CN', 'cn', 'dnsnames');
  const name = object ?? (isProbe ? address : null) ?? host ?? first('filepath', 'filename', 'file') ?? address;
  if (name === null) return null;
  return {
    name: object !== null && namespace !== null ? `${namespace}/${object}` : name,
    endsAt,
    manager: isCertManager ? 'cert-manager' : null,
    namespace,
    object,
    address: isProbe || labels.host !== undefined ? address : null,
    labels,
  };
}

function addressIn(text: string): string | null {
  const authority = text.replace(/^[a-z][a-z0-9+.-]*:\/\//i, '').replace(/[/?#].*$/s, '');
  return authority === '' ? null : authority;
}
