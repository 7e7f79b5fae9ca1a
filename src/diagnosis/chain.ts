import type { Cause, ChainLink, Finding } from '../domain/finding.ts';
import { REASONS } from '../domain/reason.ts';
import type { Subject } from '../domain/subject.ts';
import type { Clue, Ranking } from './ranking/model.ts';
import { type CallMap, shortName, wayOfCalls } from './surroundings.ts';
import { clueText } from './words.ts';

interface Told {
  readonly findings: readonly Finding[];
  readonly ranking: Ranking | null;
  readonly map: CallMap;
  /** Where users feel it. */
  readonly felt: Subject | null;
}

/** From what users feel, over everybody who waits, to the cause: each link is the reason of the one before and names its evidence. */
export function chainOf(cause: Cause, told: Told): readonly ChainLink[] {
  const felt = told.felt ?? cause.subject;
  const way = wayOfCalls(told.map.calls, felt.uid, cause.subject.uid) ?? [felt.uid, cause.subject.uid];
  const before = way.slice(0, -1).filter((id) => id !== cause.subject.uid);
  const links = before.flatMap((id, index) => linksAt(id, way[index + 1], told));
  const symptoms = symptomLinks(cause.subject, told);
  return [...links, ...symptoms, lastLink(cause, told.findings)];
}

/** What is known of one that waits: what users feel there, what else a detector found, what its own series say; else only that it calls. */
function linksAt(id: string, next: string | undefined, told: Told): ChainLink[] {
  const subject = told.map.subjects.get(id);
  if (subject === undefined) return [];
  const own = told.findings.filter((finding) => finding.subject.uid === id);
  const found = [...own].sort((a, b) => rank(a) - rank(b)).map(linkOf);
  if (found.length > 0) return found;
  const clue = waitingOf(id, told.ranking);
  const text = clue === null ? null : clueText(clue);
  if (clue !== null && text !== null)
    return [{ says: `${shortName(subject)} waits: ${text}`, subject, evidence: clue.evidence ? [clue.evidence] : [] }];
  const callee = next === undefined ? undefined : told.map.subjects.get(next);
  return [{ says: `${shortName(subject)} calls ${shortName(callee)}`, subject, evidence: [] }];
}

/** Symptoms stand before what explains them. */
function rank(finding: Finding): number {
  return REASONS[finding.reason].role === 'symptom' ? 0 : 1;
}

function symptomLinks(subject: Subject, { findings }: Told): ChainLink[] {
  return findings
    .filter((finding) => finding.subject.uid === subject.uid && REASONS[finding.reason].role === 'symptom')
    .map(linkOf);
}

function lastLink(cause: Cause, findings: readonly Finding[]): ChainLink {
  const speaking = findings.find((finding) => finding.id === cause.explains[0]);
  return { says: cause.summary || cause.reason, subject: cause.subject, evidence: speaking?.evidence ?? [] };
}

function linkOf({ summary, reason, subject, evidence }: Finding): ChainLink {
  return { says: summary || reason, subject, evidence };
}

/** What a node's own series say of its waiting, where that is unusual. */
export function waitingOf(id: string, ranking: Ranking | null): Clue | null {
  const suspect = ranking?.suspects.find(({ node }) => node === id);
  if (suspect === undefined || suspect.role === 'well') return null;
  return suspect.clues.find(({ kind, since }) => (kind === 'waiting' || kind === 'errors') && since !== null) ?? null;
}
