import type { z } from 'zod';
import type { AlertClass } from '../domain/alert-class.ts';
import type { Finding } from '../domain/finding.ts';
import type { Permission } from '../domain/permission.ts';
import type { SignalKind } from '../domain/signal.ts';
import type { IncidentView, ReadContext } from './context.ts';

/** Reads, never acts: its context has no writer. */
export interface DetectorDefinition<C> {
  readonly id: string;
  readonly needs: readonly Permission[];
  readonly listensTo: readonly SignalKind[];
  /** What kinds of alerts it explains best: asked first about those, while the incident has queries left. */
  readonly explains?: readonly AlertClass[];
  /** Its thresholds; every key has a default. */
  readonly config: z.ZodType<C>;
  /** `[]` = not mine. Throws only when it could not look. */
  detect(incident: IncidentView, config: C, ctx: ReadContext): Promise<readonly Finding[]>;
}

/** The erased form that the registry holds: `detect` parses the configuration first. */
export interface Detector extends Omit<DetectorDefinition<unknown>, 'config'> {
  readonly config: z.ZodType;
}

export function defineDetector<C>(definition: DetectorDefinition<C>): Detector {
  return {
    ...definition,
    detect: (incident, config, ctx) => definition.detect(incident, definition.config.parse(config), ctx),
  };
}
