import type { Cause, Finding } from '../domain/finding.ts';
import { causesOf } from './causes.ts';
import { chainOf } from './chain.ts';
import { groundOf } from './ground.ts';
import type { Ranking, Role } from './ranking/model.ts';
import { callMapOf, NOTHING_KNOWN, rankingOf, type Surroundings, wayOfCalls } from './surroundings.ts';
import { unexplainedText } from './unexplained.ts';

export { isDeeper, isVoidable, isWaitingFor } from './causes.ts';
export type { IndicatorSeries } from './ranking/model.ts';
export type { Surroundings } from './surroundings.ts';

export interface Diagnosis {
  /** Best first, each with its chain. */
  readonly causes: readonly Cause[];
  /** Without any cause: what stands out, or that nothing does, and what would settle it. */
  readonly unexplained: string | null;
}

/**
 * From findings, and what is known around them, to ranked causes. Pure. Detectors say what is wrong; the ranking over calls, series and time
 * says whether it leads to users.
 *
 * 1. The surest, in steps of 0.1, for a finer difference says nothing; a workload that only waits for others, or that is unusual without any
 *    way to users, loses some steps, so that what it waits for stands before it unless that is a guess.
 * 2. Of equals the workload that the ranking suspects most, then what is closer to the ground, for it explains the other: the server that
 *    refuses before the client that waits.
 * 3. What is still equal keeps the order of the findings: the incident's own workload before those that it calls, which have incidents of
 *    their own when they suffer.
 */
export function diagnose(findings: readonly Finding[], around: Surroundings = NOTHING_KNOWN): Diagnosis {
  const map = callMapOf(around);
  const inGraph = new Set(map.calls.flatMap(({ caller, callee }) => [caller, callee]));
  const causes = causesOf(findings, (cause, felt) => {
    // Where the graph does not know one of them it cannot say that there is no way.
    if (!inGraph.has(cause.uid) || !inGraph.has(felt.uid)) return true;
    return wayOfCalls(map.calls, felt.uid, cause.uid) !== null;
  });
  const failing = findings.some(
    ({ reason, subject }) => reason === 'error-burst' && subject.uid === around.subject?.uid,
  );
  const ranking = rankingOf(around, failing ? 'errors' : 'latency', findings);
  const standing = standingBy(ranking);
  const ranked = causes.toSorted(
    (a, b) =>
      sureness(b, standing) - sureness(a, standing) ||
      standing(b).suspicion - standing(a).suspicion ||
      groundOf(a.reason) - groundOf(b.reason),
  );
  const told = { findings, ranking, map, felt: around.subject };
  return {
    causes: ranked.map((cause) => ({
      ...cause,
      chain: [...chainOf(cause, told)],
      ...doubtOf(cause, ranked, standing),
    })),
    unexplained: causes.length === 0 && around.subject !== null ? unexplainedText(around, ranking) : null,
  };
}

/** In tenths. A detector that names a cause on a workload whose series say nothing may still be right: not every fault has a series. */
const LOSES: Readonly<Record<Role | 'unknown', number>> = { cause: 0, well: 0, unknown: 0, waits: 2, bystander: 3 };

interface Standing {
  readonly role: Role | 'unknown';
  /** Belief of the ranking in tenths: a finer difference says nothing. */
  readonly suspicion: number;
}

function standingBy(ranking: Ranking | null): (cause: Cause) => Standing {
  const suspects = new Map(ranking?.suspects.map((suspect) => [suspect.node, suspect]));
  return ({ subject }) => {
    const suspect = suspects.get(subject.uid);
    if (suspect === undefined) return { role: 'unknown', suspicion: 0 };
    return { role: suspect.role, suspicion: Math.round(suspect.belief * 10) };
  };
}

function sureness(cause: Cause, standing: (cause: Cause) => Standing): number {
  return Math.round(cause.confidence * 10) - LOSES[standing(cause).role];
}

/** What would tell this cause from the one that stands beside it. */
function doubtOf(
  cause: Cause,
  ranked: readonly Cause[],
  standing: (cause: Cause) => Standing,
): Pick<Cause, 'settledBy'> {
  const rival = ranked.find(
    (other) => other.subject.uid !== cause.subject.uid && sureness(other, standing) === sureness(cause, standing),
  );
  if (rival === undefined) return {};
  return {
    settledBy: `whether users recover while ${rival.subject.name} stays as it is (${rival.reason} there is as likely), or both are causes`,
  };
}
