import { z } from 'zod';
import { DurationMs } from '../../src/domain/policy.ts';

/** What the operator may set under `detectors.certificate-expiry`. */
export const CertificateExpiryConfig = z.strictObject({
  /** A certificate that ends sooner is told. Let's Encrypt's last 90 days and are renewed 30 days before their end. */
  within: DurationMs.prefault('14d'),
});
export type CertificateExpiryConfig = z.infer<typeof CertificateExpiryConfig>;
