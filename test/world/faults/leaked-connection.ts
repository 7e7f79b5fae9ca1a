import type { Fault } from '../fault.ts';
import { templateOf } from './may-move.ts';

export const leakedConnection: Fault = {
  id: 'leaked-connection',
  description: 'orders forgets to give back a connection every 60 requests, until its pools are empty',
  smoke: false,
  quietRatePerS: 20,
  causeExpected: 'connection-leak',
  leverExpected: 'restart-workload',
  mayMove: [templateOf('orders')],
  async on({ shop }) {
    await shop.setFaults('orders', { leakEvery: 60 });
  },
  async off({ shop }) {
    await shop.setFaults('orders', { leakEvery: 0 });
  },
};
