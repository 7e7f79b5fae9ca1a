import { expect, test } from 'vitest';
import { createManualClock } from './clock-for-tests.ts';
import { Stops } from './stops.ts';

test('stops last-in first-out; what throws or hangs is told and holds nobody up', async () => {
  const clock = createManualClock(0);
  const stops = new Stops(clock);
  const stopped: string[] = [];
  stops.add('first', () => void stopped.push('first'));
  stops.add('hanging', () => new Promise<void>(() => undefined), 5_000);
  stops.add('broken', () => {
    throw new Error('no way');
  });
  stops.add('last', () => void stopped.push('last'));

  const all = stops.stopAll();
  await clock.advance(5_000);

  expect(await all).toEqual(['broken: no way', 'hanging: not stopped within 5000 ms']);
  expect(stopped).toEqual(['last', 'first']);
});

test('a second call stops nothing twice', async () => {
  const stops = new Stops(createManualClock(0));
  let count = 0;
  stops.add('part', () => {
    count += 1;
  });

  await stops.stopAll();
  await stops.stopAll();

  expect(count).toBe(1);
});
