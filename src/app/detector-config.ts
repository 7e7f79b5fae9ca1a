import { z } from 'zod';
import type { LoadedConfig } from '../config/loaded-config.ts';
import { HaleError } from '../domain/errors.ts';
import type { Detector } from '../plugin/detector.ts';

/** Each detector's configuration, checked by its own schema; errors name file, line and key. The catalogue's databases go to whoever takes some. */
export function detectorConfigOf(
  config: LoadedConfig,
  detectors: ReadonlyMap<string, Detector>,
): Readonly<Record<string, unknown>> {
  const unknown = Object.keys(config.detectors).filter((id) => !detectors.has(id));
  if (unknown.length > 0) {
    throw new HaleError(
      'config-invalid',
      `${config.placeOf(['detectors', unknown[0] ?? ''])}: detectors.${unknown[0]}: no such detector; known: ${[...detectors.keys()].join(', ')}`,
    );
  }
  return Object.fromEntries([...detectors.values()].map((detector) => [detector.id, checked(config, detector)]));
}

function checked(config: LoadedConfig, { id, config: schema }: Detector): unknown {
  const given = config.detectors[id] ?? {};
  const takesDatabases = schema instanceof z.ZodObject && 'databases' in schema.shape;
  const filled =
    takesDatabases && !('databases' in given) ? { ...given, databases: config.catalogue.databases } : given;
  const parsed = schema.safeParse(filled);
  // As it was written: the detector parses it by the same schema when it runs.
  if (parsed.success) return filled;
  const lines = parsed.error.issues.map(
    ({ path, message }) =>
      `${config.placeOf(['detectors', id, ...path])}: detectors.${[id, ...path.map(String)].join('.')}: ${message}`,
  );
  throw new HaleError('config-invalid', lines.join('\n'));
}
