import type { WorkloadView } from '../ports/cluster.ts';
import { PARTS, type Part, type Parts, REQUEST_PARTS } from './indicators.ts';
import { COUNTERS, type ScanQuery } from './queries.ts';

/** What one scan adds up, answer by answer. */
export interface PartsTable {
  /** Forgets the scan before. */
  begin(): void;
  /** Adds a sample to the answer that is being read. */
  add(query: ScanQuery, workload: WorkloadView, part: Part, value: number): void;
  /** The answer was read to its end: it counts. */
  keep(query: ScanQuery): void;
  /** It was not: half of an answer would be a fall. */
  drop(): void;
  /** Workloads that anything was read of. */
  readonly size: number;
  each(visit: (workload: WorkloadView, parts: Parts) => void): void;
}

const ANSWER = PARTS.length;
/** What is no request, then what each counter says of requests. */
const SUMS = PARTS.length + COUNTERS.length * REQUEST_PARTS.length;
const FIRST_ROWS = 64;
/** With so many times more rows than workloads in the last scan, most rows are of workloads that are gone. */
const SPARE = 2;

/**
 * Sums by workload and part, in tables that each scan uses again. As objects they live for as long as a scan: the collector moves all of them to the old
 * generation, scan after scan.
 */
export function createPartsTable(): PartsTable {
  const rows = new Map<string, number>();
  const views: WorkloadView[] = [];
  const seen = new Set<number>();
  const answered = new Set<number>();
  let answer = emptyTable(FIRST_ROWS * ANSWER);
  let sums = emptyTable(FIRST_ROWS * SUMS);

  function rowOf(workload: WorkloadView): number {
    const { uid } = workload.subject;
    const known = rows.get(uid);
    if (known !== undefined) return known;
    const row = rows.size;
    rows.set(uid, row);
    if (answer.length < rows.size * ANSWER) {
      answer = doubled(answer);
      sums = doubled(sums);
    }
    return row;
  }

  function drop(): void {
    for (const row of answered) answer.fill(Number.NaN, row * ANSWER, (row + 1) * ANSWER);
    answered.clear();
  }

  function partsOf(row: number): Parts {
    const at = row * SUMS;
    const parts: Parts = {};
    for (const [index, part] of PARTS.entries()) put(parts, part, sums[at + index]);
    // The first that knows a workload speaks of its requests: the same ones are counted by each.
    const counter = COUNTERS.findIndex((_, index) => !Number.isNaN(sums[at + requestColumn(index, 0)] ?? Number.NaN));
    if (counter >= 0)
      for (const [index, part] of REQUEST_PARTS.entries()) put(parts, part, sums[at + requestColumn(counter, index)]);
    return parts;
  }

  return {
    begin() {
      drop();
      if (rows.size > SPARE * seen.size + FIRST_ROWS) {
        rows.clear();
        views.length = 0;
        answer = emptyTable(FIRST_ROWS * ANSWER);
        sums = emptyTable(FIRST_ROWS * SUMS);
      } else sums.fill(Number.NaN);
      seen.clear();
    },
    add(query, workload, part, value) {
      const row = rowOf(workload);
      views[row] = workload;
      answered.add(row);
      const at = row * ANSWER + PARTS.indexOf(part);
      answer[at] = together(query, answer[at], value);
    },
    keep(query) {
      const counter = query.countedBy === null ? null : COUNTERS.indexOf(query.countedBy);
      for (const row of answered) {
        seen.add(row);
        for (let index = 0; index < ANSWER; index++) {
          const value = answer[row * ANSWER + index] ?? Number.NaN;
          if (Number.isNaN(value)) continue;
          const column = counter === null ? index : requestColumn(counter, index);
          const at = row * SUMS + column;
          sums[at] = together(query, sums[at], value);
        }
      }
      drop();
    },
    drop,
    get size() {
      return seen.size;
    },
    each(visit) {
      for (const row of seen) {
        const view = views[row];
        if (view !== undefined) visit(view, partsOf(row));
      }
    },
  };
}

/** Parts of requests are the first of all, and `count` is the first of them. */
function requestColumn(counter: number, part: number): number {
  return PARTS.length + counter * REQUEST_PARTS.length + part;
}

function put(parts: Parts, part: Part, value = Number.NaN): void {
  if (!Number.isNaN(value)) parts[part] = value;
}

function together({ add }: ScanQuery, before = Number.NaN, value: number): number {
  if (Number.isNaN(before)) return value;
  return add === 'sum' ? before + value : Math.max(before, value);
}

function emptyTable(length: number): Float64Array<ArrayBuffer> {
  return new Float64Array(length).fill(Number.NaN);
}

function doubled(table: Float64Array): Float64Array<ArrayBuffer> {
  const larger = emptyTable(2 * table.length);
  larger.set(table);
  return larger;
}
