import type { Fault, Stage } from '../fault.ts';

const INDEX = 'create index if not exists orders_customer_placed_idx on orders (customer_id, placed_at desc)';

export const missingIndex: Fault = {
  id: 'missing-index',
  description: 'the index of the front page is gone: each query reads the whole table of orders',
  smoke: false,
  quietRatePerS: 30,
  causeExpected: 'slow-query',
  leverExpected: 'notify',
  mayMove: [],
  async on({ shop }) {
    await shop.sql('drop index if exists orders_customer_placed_idx');
  },
  async off({ shop }) {
    await shop.sql(INDEX);
  },
  async cure({ shop }) {
    await shop.sql(INDEX);
  },
};

const locks = new WeakMap<Stage, { end(): Promise<void> }>();

export const lockQueue: Fault = {
  id: 'lock-queue',
  description: 'a migration keeps the table of orders locked: everyone who asks for it waits',
  smoke: false,
  quietRatePerS: 20,
  causeExpected: 'lock-waits',
  leverExpected: 'notify',
  mayMove: [],
  async on(stage) {
    locks.set(stage, await stage.shop.lockTable('orders'));
  },
  async off(stage) {
    await locks.get(stage)?.end();
  },
  async cure(stage) {
    await locks.get(stage)?.end();
  },
};
