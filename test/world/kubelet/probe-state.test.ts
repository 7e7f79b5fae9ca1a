import { expect, test } from 'vitest';
import { initialProbeState, nextProbeState, type ProbeKind } from './probe-state.ts';

/** `+` is a success, `-` a failure; the result says after each answer whether the probe passes. */
function passes(
  kind: ProbeKind,
  answers: string,
  spec: { successThreshold?: number; failureThreshold?: number },
): string {
  let state = initialProbeState(kind);
  return answers
    .split('')
    .map((answer) => {
      state = nextProbeState(state, answer === '+', spec);
      return state.passing ? '+' : '-';
    })
    .join('');
}

test.each([
  { kind: 'readiness', answers: '-+', spec: {}, seen: '-+' },
  { kind: 'readiness', answers: '+---', spec: {}, seen: '+++-' },
  { kind: 'readiness', answers: '+--+--+', spec: {}, seen: '+++++++' },
  { kind: 'readiness', answers: '+-+--', spec: { failureThreshold: 1, successThreshold: 2 }, seen: '-----' },
  { kind: 'readiness', answers: '++-++', spec: { failureThreshold: 1, successThreshold: 2 }, seen: '-+--+' },
  { kind: 'liveness', answers: '--+---', spec: {}, seen: '+++++-' },
  { kind: 'startup', answers: '--+', spec: { failureThreshold: 30 }, seen: '--+' },
] as const)('$kind sees $answers as $seen', ({ kind, answers, spec, seen }) => {
  expect(passes(kind, answers, spec)).toBe(seen);
});
