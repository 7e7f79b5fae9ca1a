import { expect, it } from 'vitest';
import { HaleError } from '../domain/errors.ts';
import { createLogger } from './log.ts';

const redact = (text: string): string => text.replaceAll('hunter2', '<redacted>');

function logged(write: (log: ReturnType<typeof createLogger>) => void, level = 'info'): Record<string, unknown>[] {
  const lines: string[] = [];
  write(createLogger({ level, redact, destination: { write: (line) => void lines.push(line) } }));
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

it('writes one JSON line with the level by name, the data and a static message', () => {
  const [line] = logged((log) => log.warn({ incidentId: 'incident-1' }, 'tick put off'));

  expect(line).toMatchObject({
    level: 'warn',
    incidentId: 'incident-1',
    msg: 'tick put off',
    time: expect.stringMatching(/Z$/),
  });
});

it('keeps secrets of an error, its stack and its causes to itself', () => {
  const cause = new Error('refused: password hunter2', { cause: 'hunter2' });
  const [line] = logged((log) =>
    log.error({ err: new HaleError('cluster-rejected', 'got hunter2', { cause }) }, 'failed'),
  );

  expect(JSON.stringify(line)).not.toContain('hunter2');
  expect(line).toMatchObject({
    err: { code: 'cluster-rejected', message: 'got <redacted>', cause: { cause: { message: '<redacted>' } } },
  });
});

it('leaves out what is below the level', () => {
  expect(logged((log) => log.info({}, 'listening'), 'warn')).toEqual([]);
});
