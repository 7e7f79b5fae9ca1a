import type { AlertClass } from '../../domain/alert-class.ts';
import { APPLICATION_FAMILIES } from './applications.ts';
import { DATA_FAMILIES } from './data.ts';
import { MACHINE_FAMILIES } from './machines.ts';
import { MONITORING_FAMILIES } from './monitoring.ts';
import { PLATFORM_FAMILIES } from './platform.ts';
import { PROXY_FAMILIES } from './proxies.ts';

/**
 * What the metrics of well-known exporters measure, where their names alone do not say it: per exporter and class, patterns separated by spaces
 * (`*` stands for anything). The pattern with the most letters wins, and an inner word counts for more than a longer beginning. Only families are listed, never alerts.
 */
export type FamilyTable = Readonly<Record<string, Partial<Readonly<Record<AlertClass, string>>>>>;

interface Family extends FamilyMatch {
  readonly pieces: readonly string[];
  readonly rank: number;
}

export interface FamilyMatch {
  readonly exporter: string;
  readonly classes: readonly AlertClass[];
  /** Only the product is known, as by `jaeger_*`: what the metric measures is not. */
  readonly broad: boolean;
}

/** What naming a part in the middle is worth, in letters: `a_*_dns_*` says more than `a_rule_*`. */
const INNER_STAR = 4;
const EXACT = 100;
/** One word and nothing else. */
const BROAD = /^[a-z0-9]+_\*$/;

/** What is known about a metric by its exporter; null = nothing. */
export type FamilyOf = (metric: string) => FamilyMatch | null;

/** Compiles the tables. */
export function createFamilies(): FamilyOf {
  const families = compile([
    MACHINE_FAMILIES,
    PLATFORM_FAMILIES,
    DATA_FAMILIES,
    PROXY_FAMILIES,
    APPLICATION_FAMILIES,
    MONITORING_FAMILIES,
  ]);
  return (metric) => {
    const name = metric.toLowerCase();
    return families.find((family) => fits(family.pieces, name)) ?? null;
  };
}

function compile(tables: readonly FamilyTable[]): readonly Family[] {
  const classesOf = new Map<string, { exporter: string; classes: AlertClass[] }>();
  for (const [exporter, byClass] of tables.flatMap((table) => Object.entries(table))) {
    for (const [alertClass, patterns] of Object.entries(byClass) as [AlertClass, string][]) {
      for (const pattern of patterns.toLowerCase().split(/\s+/)) {
        if (pattern === '') continue;
        const known = classesOf.get(pattern);
        if (known === undefined) classesOf.set(pattern, { exporter, classes: [alertClass] });
        else known.classes.push(alertClass);
      }
    }
  }
  return [...classesOf]
    .map(([pattern, { exporter, classes }]) => {
      const pieces = pattern.split('*');
      const letters = pieces.join('').length;
      const rank = pieces.length === 1 ? letters + EXACT : letters + INNER_STAR * (pieces.length - 2);
      return { exporter, classes, pieces, rank, broad: BROAD.test(pattern) };
    })
    .sort((a, b) => b.rank - a.rank);
}

/** Whether the pieces occur in this order, the first at the start and the last at the end. Leftmost fits are enough, so it takes linear time. */
function fits(pieces: readonly string[], name: string): boolean {
  const [first = '', ...others] = pieces;
  if (!name.startsWith(first)) return false;
  const last = others.pop();
  if (last === undefined) return name === first;
  let at = first.length;
  for (const piece of others) {
    const found = name.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
}
