import { describe, expect, it } from 'vitest';
import { parseServiceAddress } from './service-address.ts';

describe('parseServiceAddress', () => {
  const orders = { kind: 'name', namespace: 'shop', name: 'orders' };

  it.each([
    ['orders', orders],
    ['Orders:8080', orders],
    ['http://orders:8080/path', orders],
    ['orders.shop', orders],
    ['orders.shop.svc', orders],
    ['orders.shop.svc.cluster.local', orders],
    ['orders.shop.svc.corp.example.', orders],
    ['orders-0.orders.shop.svc.cluster.local', orders],
    ['orders.other', { kind: 'name', namespace: 'other', name: 'orders' }],
    ['10.0.0.7:8080', { kind: 'ip', ip: '10.0.0.7' }],
    ['[fd00::7]:8080', { kind: 'ip', ip: 'fd00::7' }],
    ['fd00::7', { kind: 'ip', ip: 'fd00::7' }],
    ['api.example.com', null],
    ['', null],
    ['a"} or up{x="', null],
    ['../etc/passwd', null],
  ])('%s', (address, expected) => {
    expect(parseServiceAddress(address, 'shop')).toEqual(expected);
  });
});
