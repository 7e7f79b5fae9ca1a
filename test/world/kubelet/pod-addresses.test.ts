import { expect, test } from 'vitest';
import { createPodAddresses } from './pod-addresses.ts';

test('a freed address is given again only after all the others', () => {
  const addresses = createPodAddresses('10.244.1');
  const first = addresses.take();
  addresses.release(first);

  const next = Array.from({ length: 253 }, () => addresses.take());

  expect(first).toBe('10.244.1.2');
  expect(next[0]).toBe('10.244.1.3');
  expect(next.at(-1)).toBe(first);
  expect(new Set(next).size).toBe(253);
});

test('says so when there is none left', () => {
  const addresses = createPodAddresses('10.244.1');
  for (let taken = 0; taken < 253; taken += 1) addresses.take();

  expect(() => addresses.take()).toThrow('all addresses of 10.244.1.0/24 are taken');
});
