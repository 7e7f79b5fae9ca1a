import { z } from 'zod';

/** A moment: whole milliseconds since the Unix epoch, read from the injected clock. */
export const Instant = z.number().int().nonnegative();
export type Instant = z.infer<typeof Instant>;
