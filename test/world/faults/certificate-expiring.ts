import type { Fault } from '../fault.ts';
import { certificateSecret, QUIET_SHOP, SHOP_NAMESPACE } from '../manifests.ts';
import { templateOf } from './may-move.ts';

export const certificateExpiring: Fault = {
  id: 'certificate-expiring',
  description: 'the certificate of web ends in two days, and nobody renews it',
  smoke: false,
  needs: ['blackbox-exporter'],
  shop: { web: { ...QUIET_SHOP.web, certificateDays: 90 } },
  quietRatePerS: 20,
  causeExpected: 'certificate-expiring',
  leverExpected: 'notify',
  mayMove: [
    templateOf('web'),
    { kind: 'Secret', namespace: SHOP_NAMESPACE, name: certificateSecret('web'), fields: ['data'], pods: 'stay' },
  ],
  on: ({ shop }) => shop.release('web', { certificateDays: 2 }),
  off: ({ shop }) => shop.release('web', { certificateDays: 90 }),
};
