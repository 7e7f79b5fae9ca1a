import type { Fault } from '../fault.ts';
import { QUIET_SHOP } from '../manifests.ts';
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
  mayMove: [templateOf('web')],
  on: ({ shop }) => shop.release('web', { certificateDays: 2 }),
  off: ({ shop }) => shop.release('web', { certificateDays: 90 }),
};
