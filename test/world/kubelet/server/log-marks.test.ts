import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createManualClock } from '../../clock-for-tests.ts';
import { LogMarks } from './log-marks.ts';

test('notes each growth once, and forgets a log that is no longer written', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'marks-'));
  const file = join(folder, '0.log');
  const clock = createManualClock(0);
  let files = [file];
  const marks = new LogMarks(clock, () => files);
  marks.start();

  await appendFile(file, 'four');
  await clock.advance(500);
  await clock.advance(500);
  await appendFile(file, 'more');
  await clock.advance(500);
  const known = marks.of(file);
  files = [];
  await clock.advance(500);
  marks.stop();
  await rm(folder, { recursive: true });

  expect(known).toEqual([
    { atMs: 500, bytes: 4 },
    { atMs: 1_500, bytes: 8 },
  ]);
  expect(marks.of(file)).toEqual([]);
});
