import type { Fault } from '../fault.ts';
import { QUIET_SHOP } from '../manifests.ts';
import { templateOf } from './may-move.ts';

/** Twenty requests a second at 24 KiB each are 480 KiB a second: 64 MiB after some two and a quarter minutes. */
const SIZE = '64Mi';
const KIB_PER_REQUEST = 24;

export const diskFilling: Fault = {
  id: 'disk-filling',
  description: 'a new release of orders writes a journal of every request, until its volume is full',
  smoke: false,
  shop: { orders: { ...QUIET_SHOP.orders, journal: SIZE } },
  quietRatePerS: 20,
  causeExpected: 'disk-filling',
  leverExpected: 'notify',
  mayMove: [templateOf('orders')],
  on: ({ shop }) => shop.release('orders', { release: '1.1.0', faults: { journalKb: KIB_PER_REQUEST } }),
  off: ({ shop }) => shop.release('orders', { release: '1.0.0', faults: {} }),
};
