import type { Ranking } from './ranking/model.ts';
import { namedSuspects } from './ranking/rank-suspects.ts';
import { callMapOf, type Surroundings, shortName } from './surroundings.ts';
import { clueText } from './words.ts';

/** Most things asked for: a person at night reads two lines. */
const MOST_ASKED = 3;

/** What to say when no detector names a cause: what stands out without explaining itself, and what would settle it. */
export function unexplainedText(around: Surroundings, ranking: Ranking | null): string {
  const map = callMapOf(around);
  const [first] = ranking === null ? [] : namedSuspects(ranking);
  const clue = first?.clues.find((one) => one.deviation !== null);
  const text = clue === undefined ? null : clueText(clue);
  if (first !== undefined && text !== null) {
    const name = shortName(map.subjects.get(first.node));
    return `what stands out is ${name}: ${text}; what would settle it: what ${name} did then, by its log and its traces`;
  }
  return `nothing that Hale can see explains it; what would settle it: ${missing(around).slice(0, MOST_ASKED).join('; ')}`;
}

function missing(around: Surroundings): readonly string[] {
  const { subject, graph } = around;
  const map = callMapOf(around);
  const name = shortName(subject ?? undefined);
  const calls = subject !== null && map.calls.some(({ caller }) => caller === subject.uid);
  const measured = new Set(around.indicators.filter(({ series }) => series.length > 0).map((one) => one.subject.uid));
  const blind = [...map.subjects].filter(([uid]) => !measured.has(uid)).map(([, one]) => shortName(one));
  const outside = (graph?.nodes ?? []).filter((node) => node.subject === null).map((node) => node.name);
  return [
    ...(calls ? [] : [`what ${name} calls: client metrics, traces, or catalogue.calls in the configuration`]),
    ...(blind.length === 0 ? [] : [`metrics of ${blind.slice(0, 3).join(', ')}: none are there`]),
    ...(outside.length === 0 ? [] : [`how ${outside.slice(0, 3).join(', ')} fares: it is outside of the cluster`]),
    `the log of ${name} since then, and what changed outside of Kubernetes: DNS, network, providers`,
  ];
}
