import { promqlString } from '../domain/workload-series.ts';
import type { Points } from '../workload-metrics/index.ts';
import { finitePoints, lastValue, medianOf, usualOf, valuesWithin, wholeSecond } from '../workload-metrics/index.ts';
import type { DatabaseServer } from './read-database-server.ts';
import type { BeforeAndNow } from './read-pool-work.ts';
import type { ConnectionsContext } from './read-pools.ts';

/** What a database server says of its statements. */
export interface StatementsReading {
  /** Mean time of all statements. */
  readonly statementSeconds: BeforeAndNow;
  /** Rows read by scans of whole tables, per second. */
  readonly scannedRowsPerS: BeforeAndNow;
  /** The table that most rows are read from so, now; null where none is told by name. */
  readonly scannedTable: string | null;
  readonly queries: readonly string[];
}

const BACK_MS = 40 * 60_000;
const STEP_MS = 30_000;
const RECENT_MS = 90_000;
const MOST_TABLES = 5;
const NOT_TOLD: BeforeAndNow = { before: null, now: null, newest: null };

/** pg_stat_statements through postgres_exporter, by its collector and by its older queries; performance_schema through mysqld_exporter. */
const SECONDS =
  'pg_stat_statements_seconds_total|pg_stat_statements_total_time_seconds|mysql_perf_schema_events_statements_seconds_total';
const CALLS = 'pg_stat_statements_calls_total|pg_stat_statements_calls|mysql_perf_schema_events_statements_total';
/** Of MySQL the rows read in the order of the table, all tables together. */
const SCANNED = 'pg_stat_user_tables_seq_tup_read|mysql_global_status_handlers_total';

/** Two queries over the last 40 minutes; figures stay null where the exporter does not collect them. */
export async function readStatements(
  database: DatabaseServer,
  since: number,
  ctx: ConnectionsContext,
): Promise<StatementsReading> {
  const at = wholeSecond(ctx.now());
  const matchers = Object.entries(database.matchers).map(([label, value]) => `,${label}=${promqlString(value)}`);
  const inside = matchers.join('');
  const total = (names: string) => `sum(rate({__name__=~"${names}"${inside}}[2m]))`;
  const mean = `${total(SECONDS)} / ${total(CALLS)}`;
  const scans = `topk(${MOST_TABLES}, sum by (schemaname, relname) (rate({__name__=~"${SCANNED}",handler=~"|read_rnd_next"${inside}}[2m])))`;
  const figure = (points: Points): BeforeAndNow => ({
    before: usualOf(points, { from: at - BACK_MS, since, at }),
    now: medianOf(valuesWithin(points, at - RECENT_MS, at)),
    newest: lastValue(points, at),
  });
  const statements = await ctx.metrics.range(mean, at - BACK_MS, at, STEP_MS);
  const tables = await ctx.metrics.range(scans, at - BACK_MS, at, STEP_MS);
  const byTable = tables.series
    .map(({ labels, ...one }) => ({ table: labels.relname ?? '', figure: figure(finitePoints({ labels, ...one })) }))
    .toSorted((a, b) => (b.figure.now ?? 0) - (a.figure.now ?? 0));
  const [first] = statements.series;
  return {
    statementSeconds: first ? figure(finitePoints(first)) : NOT_TOLD,
    scannedRowsPerS: byTable[0]?.figure ?? NOT_TOLD,
    scannedTable: byTable[0]?.table || null,
    queries: [mean, scans],
  };
}
