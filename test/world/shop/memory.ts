/** What the faults `memoryLeakKb` and `allocateMb` keep. Every page is written to, so that the kernel has to hand it out. */
export interface KeptMemory {
  leak(kib: number): void;
  /** Takes or gives back until it holds this much. */
  hold(mib: number): void;
  readonly leakedKib: number;
}

/** Small enough that a limit is met on the way, with the process still writing. */
const chunkMib = 4;

export function createKeptMemory(): KeptMemory {
  const leaked: Buffer[] = [];
  const held: Buffer[] = [];
  let leakedKib = 0;
  return {
    leak(kib) {
      if (kib === 0) return;
      leaked.push(Buffer.alloc(kib * 1024, 1));
      leakedKib += kib;
    },
    hold(mib) {
      const chunks = Math.ceil(mib / chunkMib);
      held.splice(chunks);
      while (held.length < chunks) held.push(Buffer.alloc(chunkMib * 1024 * 1024, 1));
    },
    get leakedKib() {
      return leakedKib;
    },
  };
}
