import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite';

export type Row = Readonly<Record<string, SQLOutputValue>>;

/** One connection with its statements prepared once. The texts are constants of this adapter: values are only ever bound. */
export interface Database {
  /** Rows changed. */
  run(sql: string, ...values: SQLInputValue[]): number;
  get(sql: string, ...values: SQLInputValue[]): Row | undefined;
  all(sql: string, ...values: SQLInputValue[]): Row[];
  /** Statements without values, not kept prepared. */
  exec(sql: string): void;
  readonly inTransaction: boolean;
  close(): void;
}

export function wrapDatabase(connection: DatabaseSync): Database {
  const prepared = new Map<string, StatementSync>();
  function statement(sql: string): StatementSync {
    let found = prepared.get(sql);
    if (found === undefined) {
      found = connection.prepare(sql);
      prepared.set(sql, found);
    }
    return found;
  }
  return {
    run: (sql, ...values) => Number(statement(sql).run(...values).changes),
    get: (sql, ...values) => statement(sql).get(...values),
    all: (sql, ...values) => statement(sql).all(...values),
    exec: (sql) => connection.exec(sql),
    get inTransaction() {
      return connection.isTransaction;
    },
    close() {
      prepared.clear();
      connection.close();
    },
  };
}

/** Runs `work` in one transaction; whatever it throws undoes all of it. */
export function inTransaction<T>(db: Database, work: () => T): T {
  db.run('BEGIN IMMEDIATE');
  try {
    const result = work();
    db.run('COMMIT');
    return result;
  } catch (error) {
    undoTransaction(db);
    throw error;
  }
}

function undoTransaction(db: Database): void {
  // SQLite itself has rolled back after some errors (disk full, out of memory).
  if (!db.inTransaction) return;
  try {
    db.run('ROLLBACK');
  } catch {
    // The first error tells what is wrong; a connection that cannot even roll back fails the next BEGIN, which is reported.
  }
}

export function textOf(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== 'string') throw new TypeError(`column ${column} holds ${typeof value}, not text`);
  return value;
}

export function integerOf(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== 'number') throw new TypeError(`column ${column} holds ${typeof value}, not an integer`);
  return value;
}

export function integerOrNull(row: Row, column: string): number | null {
  return row[column] === null ? null : integerOf(row, column);
}
