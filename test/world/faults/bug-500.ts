import type { Fault } from '../fault.ts';

/** Every seventh request is of a customer with a voucher of the first year: 14 % of requests fail, with everything else at ease. */
const BUG_EVERY = 7;

export const bug500: Fault = {
  id: 'bug-500',
  description:
    'the code of orders stumbles over an old kind of voucher that some customers still have; nothing was released',
  smoke: false,
  quietRatePerS: 20,
  causeExpected: 'application-error',
  leverExpected: 'notify',
  mayMove: [],
  async on({ shop }) {
    await shop.setFaults('orders', { bugEvery: BUG_EVERY });
  },
  async off({ shop }) {
    await shop.setFaults('orders', { bugEvery: 0 });
  },
  async cure({ shop }) {
    await shop.setFaults('orders', { bugEvery: 0 });
  },
};
