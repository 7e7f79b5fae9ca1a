import { isIP } from 'node:net';

/** What the address of a call names: a Service by name, or one by its cluster address. */
export type ServiceAddress =
  | { readonly kind: 'name'; readonly namespace: string; readonly name: string }
  | { readonly kind: 'ip'; readonly ip: string };

const DNS_LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * Reads a server address of client metrics, as a caller in `namespace` means it: `orders`, `orders.shop`, `orders.shop.svc[.<cluster domain>]`,
 * `orders-0.orders.shop.svc`, an address, each with or without scheme and port. Null for what cannot be a Service.
 * A name outside the cluster (`example.com`) reads as a Service too: whether it exists is for the caller to look up.
 */
export function parseServiceAddress(address: string, namespace: string): ServiceAddress | null {
  const host = hostOf(address.toLowerCase());
  if (isIP(host) !== 0) return { kind: 'ip', ip: host };
  const labels = host.replace(/\.$/, '').split('.');
  if (!labels.every((label) => DNS_LABEL.test(label))) return null;
  // Behind `svc` comes the cluster domain; before it [pod,] service, namespace.
  const svc = labels.indexOf('svc');
  const [first, second, third] = svc >= 2 ? labels.slice(Math.max(0, svc - 2), svc) : labels;
  if (first === undefined || third !== undefined) return null;
  return { kind: 'name', namespace: second ?? namespace, name: first };
}

function hostOf(address: string): string {
  const authority = address.replace(/^[a-z][a-z0-9+.-]*:\/\//, '').replace(/\/.*$/, '');
  const bracketed = /^\[([^\]]+)\](:\d+)?$/.exec(authority)?.[1];
  if (bracketed !== undefined) return bracketed;
  return isIP(authority) !== 0 ? authority : authority.replace(/:\d+$/, '');
}
