import { createNumberSet, type NumberSet } from './number-set.ts';

/** Ids of documents that were taken, the newest `maxIds` of them; each with a time, so that they can be forgotten by it. */
export interface SeenWindow {
  has(id: number): boolean;
  /** `at` is what it can be forgotten by. */
  add(id: number, at: number): void;
  /** Forgets whole generations, so that some stay a little longer. */
  forgetBefore(at: number): void;
  /** Ids that were forgotten for want of room had times up to this: below it nothing can be said. -Infinity while all are there. */
  readonly unknownBefore: number;
  readonly size: number;
}

interface Generation {
  readonly ids: NumberSet;
  newestAt: number;
}

const GENERATIONS = 8;

/** A window in generations: the oldest goes as a whole. */
export function createSeenWindow(maxIds: number): SeenWindow {
  const perGeneration = Math.max(1, Math.ceil(maxIds / GENERATIONS));
  let generations: Generation[] = [];
  let unknownBefore = Number.NEGATIVE_INFINITY;

  function current(): Generation {
    const last = generations.at(-1);
    if (last !== undefined && last.ids.size < perGeneration) return last;
    if (generations.length === GENERATIONS) {
      unknownBefore = Math.max(unknownBefore, generations.shift()?.newestAt ?? unknownBefore);
    }
    const fresh = { ids: createNumberSet(), newestAt: Number.NEGATIVE_INFINITY };
    generations.push(fresh);
    return fresh;
  }

  return {
    has(id) {
      // A loop: it is asked for every document.
      for (const { ids } of generations) if (ids.has(id)) return true;
      return false;
    },
    add(id, at) {
      const generation = current();
      generation.ids.add(id);
      if (at > generation.newestAt) generation.newestAt = at;
    },
    forgetBefore(at) {
      generations = generations.filter(({ newestAt }) => newestAt >= at);
    },
    get unknownBefore() {
      return unknownBefore;
    },
    get size() {
      return generations.reduce((sum, { ids }) => sum + ids.size, 0);
    },
  };
}

const HIGH = 4_294_967_296;

/**
 * 53 bits of an index and an id (cyrb53 by bryc, public domain). Not against somebody who makes collisions on purpose: who may write documents
 * may also leave them unwritten. By chance two of a million ids are the same once in 18,000 such windows.
 */
export function documentNumber(index: string, id: string): number {
  let a = 0xdeadbeef ^ index.length;
  let b = 0x41c6ce57 ^ id.length;
  for (let at = 0; at < index.length; at += 1) {
    const unit = index.charCodeAt(at);
    a = Math.imul(a ^ unit, 2_654_435_761);
    b = Math.imul(b ^ unit, 1_597_334_677);
  }
  for (let at = 0; at < id.length; at += 1) {
    const unit = id.charCodeAt(at);
    a = Math.imul(a ^ unit, 2_654_435_761);
    b = Math.imul(b ^ unit, 1_597_334_677);
  }
  a = Math.imul(a ^ (a >>> 16), 2_246_822_507) ^ Math.imul(b ^ (b >>> 13), 3_266_489_909);
  b = Math.imul(b ^ (b >>> 16), 2_246_822_507) ^ Math.imul(a ^ (a >>> 13), 3_266_489_909);
  return HIGH * (2_097_151 & b) + (a >>> 0);
}
