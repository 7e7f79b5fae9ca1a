import type { Skill } from '../src/plugin/skill.ts';
import { logParser } from './log-parser/index.ts';
import { traceLatency } from './trace-latency/index.ts';

/** Every skill, by its id. */
export const SKILLS: ReadonlyMap<string, Skill> = new Map([logParser, traceLatency].map((one) => [one.id, one]));
