import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { HaleError } from '../domain/errors.ts';
import type { ConfigSource, Environment } from './config-source.ts';
import { compileConfig, type LoadedConfig } from './loaded-config.ts';
import { configError, keyName, type Problem, schemaProblems } from './problems.ts';
import { ConfigFile } from './schema.ts';
import { readYaml } from './yaml-source.ts';

const MAX_CONFIG_BYTES = 1024 * 1024;

/** Reads the configuration file. Errors: config-invalid, each problem with file, line, column, key, what was found and what is allowed. */
export function loadConfig(
  path: string,
  env: Environment,
  patternProblem: ConfigSource['patternProblem'],
): LoadedConfig {
  const folder = dirname(resolve(path));
  let text: string;
  try {
    if (statSync(path).size > MAX_CONFIG_BYTES) throw new RangeError('larger than 1 MiB');
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new HaleError('config-invalid', `${path}: cannot be read: ${why}; name the file with --config FILE`, {
      cause: error,
    });
  }
  return parseConfig(text, { file: path, folder, env, readFile: (file) => readFileSync(file, 'utf8'), patternProblem });
}

/** The same on a text. */
export function parseConfig(text: string, source: ConfigSource): LoadedConfig {
  const yaml = readYaml(text);
  if (yaml.problems.length > 0) {
    throw configError(
      source.file,
      yaml.problems.map(({ place, message }) => ({ place, key: '', message })),
    );
  }
  const parsed = ConfigFile.safeParse(yaml.value ?? {});
  if (!parsed.success) throw configError(source.file, schemaProblems(parsed.error.issues, ConfigFile, yaml));

  const problems: Problem[] = [];
  const report = (path: readonly PropertyKey[], message: string): void => {
    problems.push({ place: yaml.placeOf(path, 'value'), key: keyName(path), message });
  };
  const config = compileConfig(parsed.data, source, report, (path) => {
    const { line, column } = yaml.placeOf(path, 'value');
    return `${source.file}:${line}:${column}`;
  });
  if (problems.length > 0) throw configError(source.file, problems);
  return config;
}
