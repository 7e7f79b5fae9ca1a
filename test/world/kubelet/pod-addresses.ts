/** Hands out the addresses of one node's /24, going round so that a freed one is not given again at once. */
export interface PodAddresses {
  take(): string;
  release(address: string): void;
}

const FIRST = 2;
const LAST = 254;

/** `prefix` is the first three numbers, such as `10.244.1`. */
export function createPodAddresses(prefix: string): PodAddresses {
  const taken = new Set<number>();
  let next = FIRST;
  return {
    take() {
      for (let tries = FIRST; tries <= LAST; tries += 1) {
        const candidate = next;
        next = next === LAST ? FIRST : next + 1;
        if (taken.has(candidate)) continue;
        taken.add(candidate);
        return `${prefix}.${candidate}`;
      }
      throw new Error(`all addresses of ${prefix}.0/24 are taken`);
    },
    release(address) {
      taken.delete(Number(address.split('.').at(-1)));
    },
  };
}
