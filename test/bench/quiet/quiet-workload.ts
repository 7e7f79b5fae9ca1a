import type { IndicatorId, Indicators } from '../../../src/scan/index.ts';
import type { Random } from '../../../src/simulation/random.ts';

const DAY_S = 86_400;
/** As the product asks: rates over four scrapes, between which lie three steps, of which one has to be there. */
export const SCRAPES_IN_WINDOW = 4;
const STEPS_IN_WINDOW = SCRAPES_IN_WINDOW - 1;

/** The indicators of a service on quiet days, scrape by scrape; what is missing is a gap. */
export interface QuietWorkload {
  next(secondsSinceStart: number): Indicators;
  /** From now on it is in trouble, for the other half of the question: would it be noticed? Answers with the indicators that show it. */
  break(): readonly IndicatorId[];
}

/** What every service lives through: its own rhythm, releases that move the level a little, restarts that leave a short gap, and scrapes that fail. */
function createLife(random: Random, stepS: number) {
  const peakS = random.uniform() * DAY_S;
  const swing = 0.1 + 0.6 * random.uniform();
  const perDay = stepS / DAY_S;
  let [shift, gapUntil, warmUntil, wander] = [1, -1, -1, 0];
  // The same wandering within a minute, whatever the step.
  const keep = 0.999 ** (stepS / 15);
  const stir = 0.002 * Math.sqrt(stepS / 15);
  return (t: number) => {
    if (random.uniform() < 0.4 * perDay) shift *= random.logNormal(1, 0.06);
    if (random.uniform() < 0.7 * perDay) {
      gapUntil = t + 15 + random.exponential(60);
      warmUntil = gapUntil + 90;
    }
    wander = keep * wander + stir * Math.log(random.logNormal(1, 1));
    const rhythm = 1 + swing * Math.sin((2 * Math.PI * (t - peakS)) / DAY_S);
    const isGap = t < gapUntil || random.uniform() < 0.001;
    return { load: shift * rhythm * Math.exp(wander), isGap, isWarming: t < warmUntil };
  };
}

/** What one scrape counted. */
interface Scrape {
  readonly requests: number;
  readonly failed: number;
  readonly seconds: number;
  readonly tail: number;
  readonly throttled: number;
}

/** A service of its own size, speed and habits: slow right after a restart, a heavy tail, a burst of waiting now and then, jobs every hour, and few failures, that come together. */
export function createQuietWorkload(random: Random, stepS: number, index: number): QuietWorkload {
  const life = createLife(random, stepS);
  const base = Math.max(1.5, random.logNormal(20, 1.2));
  const [seconds, noise, tails] = [
    random.logNormal(0.05, 0.8),
    0.05 + 0.25 * random.uniform(),
    2 + 2 * random.uniform(),
  ];
  const [burst, throttled] = [random.logNormal(30, 0.8), random.uniform() < 0.3 ? 0.2 * random.uniform() : 0];
  const jobAt = Math.floor(random.uniform() * 3_600);
  const normal = () => Math.log(random.logNormal(1, 1));
  let [depth, scrapes]: [number, (Scrape | null)[]] = [0, []];
  /** A fall of traffic would hide the rest, so that every second service has that alone. */
  const breaks = index % 2 === 1 ? 'no-traffic' : 'slow';
  let trouble: 'none' | 'no-traffic' | 'slow' = 'none';

  function scrape(load: number, isWarming: boolean, works: boolean): Scrape {
    const isSlow = trouble === 'slow';
    const expected = base * load * stepS * (isSlow ? 6 : trouble === 'no-traffic' ? 0.05 : 1);
    const requests = Math.max(0, Math.round(expected + Math.sqrt(expected) * normal()));
    // The fewer requests, the less certain is what they take.
    const sampling = Math.sqrt(noise ** 2 + 0.5 / Math.max(1, requests));
    const slow = isWarming ? 1.6 : 1;
    const speed = seconds * (0.7 + 0.3 * load) * slow * (isSlow ? 6 : 1) + (isSlow ? 0.1 : 0);
    const few = random.uniform() < 0.03 * (stepS / 15) ? Math.min(requests, Math.ceil(random.exponential(1.5))) : 0;
    return {
      requests,
      failed: isSlow ? Math.round(requests / 5) : few,
      seconds: speed * random.logNormal(1, sampling),
      tail: speed * tails * random.logNormal(1, 1.5 * sampling),
      throttled: throttled * load * random.logNormal(1, 0.3) * (works ? 2 : 1) + (isSlow ? 0.6 : 0),
    };
  }

  return {
    next(t) {
      const { load, isGap, isWarming } = life(t);
      const works = (t + 3_600 - jobAt) % 3_600 < 120;
      scrapes = [...scrapes, isGap ? null : scrape(load, isWarming, works)].slice(-STEPS_IN_WINDOW);
      if (random.uniform() < 0.01 * load * (stepS / 15)) depth += random.exponential(burst);
      depth = Math.max(0, depth * Math.exp(-stepS / 45) - stepS / 30);
      if (trouble === 'slow') depth = Math.max(depth, burst * 30);
      const seen = scrapes.filter((one) => one !== null);
      if (isGap || seen.length === 0) return {};
      const sum = (of: (one: Scrape) => number) => seen.reduce((total, one) => total + of(one), 0);
      const requests = sum((one) => one.requests);
      const weighted = (of: (one: Scrape) => number) => sum((one) => of(one) * one.requests) / requests;
      return {
        rate: requests / (seen.length * stepS),
        ...(requests === 0
          ? {}
          : {
              failed: sum((one) => one.failed) / requests,
              seconds: weighted((one) => one.seconds),
              tail: weighted((one) => one.tail),
            }),
        throttled: Math.min(1, sum((one) => one.throttled) / seen.length),
        'pool-waiting': Math.floor(depth),
        lag: 0.01 * random.logNormal(1, 0.3) * (works ? 4 : 1) * (isWarming ? 3 : 1) + (trouble === 'slow' ? 0.6 : 0),
      };
    },
    break() {
      trouble = breaks;
      return trouble === 'slow' ? SLOW_SHOWS : ['rate'];
    },
  };
}

const SLOW_SHOWS: readonly IndicatorId[] = ['rate', 'failed', 'seconds', 'tail', 'throttled', 'pool-waiting', 'lag'];
