import type { Random } from '../../../src/simulation/random.ts';

const DAY_S = 86_400;

/** A service's indicator on quiet days, value by value; null is a gap. */
export interface QuietSeries {
  readonly kind: string;
  readonly kindOf: 'gauge' | 'counter';
  next(secondsSinceStart: number): number | null;
}

/** What every service lives through: its own rhythm, releases that move the level a little, restarts that leave a short gap, and scrapes that fail. */
function createLife(random: Random, stepS: number) {
  const peakS = random.uniform() * DAY_S;
  const swing = 0.1 + 0.6 * random.uniform();
  const perDay = stepS / DAY_S;
  let [shift, gapUntil, warmUntil, wander] = [1, -1, -1, 0];
  return (t: number) => {
    if (random.uniform() < 0.4 * perDay) shift *= random.logNormal(1, 0.06);
    if (random.uniform() < 0.7 * perDay) {
      gapUntil = t + 15 + random.exponential(60);
      warmUntil = gapUntil + 90;
    }
    wander = 0.999 * wander + 0.002 * Math.log(random.logNormal(1, 1));
    const rhythm = 1 + swing * Math.sin((2 * Math.PI * (t - peakS)) / DAY_S);
    const isGap = t < gapUntil || random.uniform() < 0.001;
    return {
      load: shift * rhythm * Math.exp(wander),
      isGap,
      isWarming: t < warmUntil,
      restarted: t >= gapUntil && t < gapUntil + stepS,
    };
  };
}

type Make = (random: Random, stepS: number) => QuietSeries;

const KINDS: readonly Make[] = [
  // Requests per second, as a counter that starts anew with its process.
  (random, stepS) => {
    const life = createLife(random, stepS);
    const base = random.logNormal(20, 1.2);
    let total = 0;
    return {
      kind: 'requests',
      kindOf: 'counter',
      next(t) {
        const { load, isGap, restarted } = life(t);
        const expected = base * load * stepS;
        if (restarted) total = 0;
        total += Math.max(0, Math.round(expected + Math.sqrt(expected) * Math.log(random.logNormal(1, 1))));
        return isGap ? null : total;
      },
    };
  },
  // Mean duration: rises with load, a heavy tail, slow right after a restart.
  (random, stepS) => {
    const life = createLife(random, stepS);
    const [base, tail] = [random.logNormal(0.05, 0.8), 0.05 + 0.25 * random.uniform()];
    return {
      kind: 'duration',
      kindOf: 'gauge',
      next(t) {
        const { load, isGap, isWarming } = life(t);
        return isGap ? null : base * (0.7 + 0.3 * load) * random.logNormal(1, tail) * (isWarming ? 1.6 : 1);
      },
    };
  },
  // Share of failures: nearly always zero, now and then a few.
  (random, stepS) => {
    const life = createLife(random, stepS);
    const requests = Math.max(20, random.logNormal(300, 1));
    return {
      kind: 'failures',
      kindOf: 'gauge',
      next(t) {
        const { load, isGap } = life(t);
        const failed = random.uniform() < 0.03 ? Math.ceil(random.exponential(1.5)) : 0;
        return isGap ? null : Math.min(1, failed / (requests * load));
      },
    };
  },
  // CPU seconds per second: follows load, with jobs that run every hour.
  (random, stepS) => {
    const life = createLife(random, stepS);
    const [base, job] = [random.logNormal(0.3, 0.7), random.uniform() < 0.5 ? 0.4 : 0];
    const jobAt = Math.floor(random.uniform() * 3_600);
    return {
      kind: 'cpu',
      kindOf: 'gauge',
      next(t) {
        const { load, isGap, isWarming } = life(t);
        const works = (t + 3_600 - jobAt) % 3_600 < 120 ? 1 + job : 1;
        return isGap ? null : base * load * works * random.logNormal(1, 0.08) * (isWarming ? 1.5 : 1);
      },
    };
  },
  // Memory: grows until it is collected, starts anew with the process.
  (random, stepS) => {
    const life = createLife(random, stepS);
    const base = random.logNormal(200e6, 0.5);
    let held = 0;
    return {
      kind: 'memory',
      kindOf: 'gauge',
      next(t) {
        const { load, isGap, restarted } = life(t);
        held += base * 0.002 * load * random.uniform();
        if (held > base * (0.25 + 0.1 * random.uniform()) || restarted) held = 0;
        return isGap ? null : base + held;
      },
    };
  },
  // A queue: empty, with bursts that drain.
  (random, stepS) => {
    const life = createLife(random, stepS);
    const burst = random.logNormal(30, 0.8);
    let depth = 0;
    return {
      kind: 'queue',
      kindOf: 'gauge',
      next(t) {
        const { load, isGap } = life(t);
        if (random.uniform() < 0.01 * load) depth += random.exponential(burst);
        depth = Math.max(0, depth * Math.exp(-stepS / 45) - 0.5);
        return isGap ? null : Math.floor(depth);
      },
    };
  },
];

export function createQuietSeries(index: number, random: Random, stepS: number): QuietSeries {
  return (KINDS[index % KINDS.length] as Make)(random, stepS);
}
