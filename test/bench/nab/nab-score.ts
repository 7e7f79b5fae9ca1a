/** One labelled stretch of rows, both ends included. */
export interface LabelledWindow {
  readonly first: number;
  readonly last: number;
}

/** What a file of the corpus is to the score. */
export interface ScoredFile {
  readonly windows: readonly LabelledWindow[];
  /** One per row, 0 to 1. */
  readonly scores: ArrayLike<number>;
}

/** Weights of NAB v1.1 (A. Lavin, S. Ahmad, "Evaluating Real-time Anomaly Detection Algorithms", 2015). */
export const PROFILES = {
  standard: { hit: 1, falseAlarm: 0.11, miss: 1 },
  low_fp: { hit: 1, falseAlarm: 0.22, miss: 1 },
  low_fn: { hit: 1, falseAlarm: 0.11, miss: 2 },
} as const;
export type Profile = (typeof PROFILES)[keyof typeof PROFILES];

/** Rows before this one are not scored: detectors may learn there. */
export function probationOf(rows: number): number {
  return Math.min(Math.floor(0.15 * rows), 750);
}

/** Position in units of the window's width, 0 = its end, to worth. */
function worthAt(position: number): number {
  return position > 3 ? -1 : 2 / (1 + Math.exp(5 * position)) - 1;
}

/** What flagging one row gains or costs. */
interface Flag {
  readonly score: number;
  /** Number of the window over all files, or -1 for a row outside. */
  readonly window: number;
  readonly worth: number;
}

function flagsOf({ windows, scores }: ScoredFile, profile: Profile, firstWindow: number): Flag[] {
  const flags: Flag[] = [];
  let next = 0;
  for (let row = probationOf(scores.length); row < scores.length; row++) {
    while (next < windows.length && (windows[next]?.last ?? 0) < row) next++;
    const score = scores[row] ?? 0;
    const [inside, finished] = [windows[next], windows[next - 1]];
    if (inside !== undefined && row >= inside.first) {
      const width = inside.last - inside.first + 1;
      const worth = (worthAt(-(inside.last - row + 1) / width) / worthAt(-1)) * profile.hit;
      flags.push({ score, window: firstWindow + next, worth });
    } else {
      const width = finished === undefined ? 0 : finished.last - finished.first;
      const worth = finished === undefined ? -1 : worthAt((row - finished.last) / width);
      flags.push({ score, window: -1, worth: worth * profile.falseAlarm });
    }
  }
  return flags;
}

export interface Result {
  /** 100 is perfect, 0 is a detector that never speaks. */
  readonly value: number;
  /** At the threshold that would have been best on these files; known only afterwards. */
  readonly best: { readonly value: number; readonly threshold: number };
  readonly windowsHit: number;
  readonly falseAlarms: number;
  readonly windows: number;
}

/** The normalised score of all files together at one threshold: a row is flagged when its score is at least that. */
export function nabScore(files: readonly ScoredFile[], profile: Profile, threshold: number): Result {
  const flags: Flag[] = [];
  let windows = 0;
  for (const file of files) {
    const kept = file.windows.filter(({ last }) => last >= probationOf(file.scores.length));
    flags.push(...flagsOf({ ...file, windows: kept }, profile, windows));
    windows += kept.length;
  }
  flags.sort((a, b) => b.score - a.score);
  const normalised = (raw: number) => (100 * (raw + profile.miss * windows)) / ((profile.hit + profile.miss) * windows);
  // From the highest score downwards every threshold is passed once; a window is worth its best flagged row so far.
  const worths = new Float64Array(windows).fill(-profile.miss);
  const hit = new Set<number>();
  let raw = -profile.miss * windows;
  let falseAlarms = 0;
  let best = { value: normalised(raw), threshold: Number.POSITIVE_INFINITY };
  let at = { value: normalised(raw), windowsHit: 0, falseAlarms };
  for (const [index, { score, window, worth }] of flags.entries()) {
    if (window < 0) {
      raw += worth;
      falseAlarms++;
    } else if (worth > (worths[window] ?? 0)) {
      raw += worth - (worths[window] ?? 0);
      worths[window] = worth;
    }
    if (window >= 0) hit.add(window);
    if (flags[index + 1]?.score === score) continue;
    const value = normalised(raw);
    if (value > best.value) best = { value, threshold: score };
    if (score >= threshold) at = { value, windowsHit: hit.size, falseAlarms };
  }
  return { ...at, best, windows };
}
