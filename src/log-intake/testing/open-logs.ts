import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteStore, type SqliteStore } from '../../adapters/sqlite/index.ts';
import { systemClock } from '../../adapters/timers/system-clock.ts';
import { logRoutes } from '../../http/log-routes.ts';
import type { LogServer } from '../../http/log-server.ts';
import { createLogServer } from '../../http/log-server.ts';
import { createAuthenticator, type IntakeCredential } from '../../intake/authenticate.ts';
import { NORMALISE_DEFAULTS } from '../../log-records/index.ts';
import type { LogStore } from '../../ports/log-store.ts';
import { openLogIntake } from '../log-intake.ts';
import { createPatternMemory } from '../pattern-memory.ts';
import { countedByTemplate, countedInAll } from './counted.ts';
import { createFirstLinePatterns } from './first-line-patterns.ts';

export interface OpenLogs {
  readonly url: string;
  readonly store: SqliteStore;
  readonly metered: Map<string, number>;
  readonly refused: string[];
  /** Sum of all counts. */
  total(): Promise<number>;
  /** Counts by template. */
  byTemplate(): Promise<Record<string, number>>;
  close(): Promise<void>;
}

export interface OpenLogsOptions {
  readonly path?: string;
  readonly credentials?: readonly IntakeCredential[];
  readonly maxBodyBytes?: number;
  readonly maxDocumentChars?: number;
  readonly maxPendingBytes?: number;
  readonly bodyTimeoutMs?: number;
  /** Wraps what the intake commits to. */
  readonly storeOf?: (store: LogStore) => LogStore;
}

/** The door for shippers of logs on loopback, over a real store in a folder of its own. */
export async function openLogs(options: OpenLogsOptions = {}): Promise<OpenLogs> {
  const folder = options.path === undefined ? mkdtempSync(join(tmpdir(), 'hale-logs-')) : null;
  const path = options.path ?? join(folder ?? '', 'store.db');
  const store = await openSqliteStore({ path, clock: systemClock });
  const metered = new Map<string, number>();
  const note = (key: string, count: number): void => void metered.set(key, (metered.get(key) ?? 0) + count);
  const refused: string[] = [];
  const intake = await openLogIntake({
    store: options.storeOf?.(store.logs) ?? store.logs,
    clock: systemClock,
    patterns: createFirstLinePatterns(),
    redact: (text) => text,
    memory: createPatternMemory(),
    limits: { ...NORMALISE_DEFAULTS, maxWaiting: 100, maxSeenIds: 10_000, seenForMs: 600_000 },
    meter: {
      documents: (door, outcome, count) => note(`${door} ${outcome}`, count),
      oddity: note,
      overflowed: (count) => note('overflowed', count),
    },
  });
  const server: LogServer = await createLogServer({
    listen: { host: '127.0.0.1', port: 0, tls: null },
    limits: { bodyTimeoutMs: options.bodyTimeoutMs ?? 10_000, maxConnections: 50 },
    routes: (app) =>
      logRoutes(app, {
        intake,
        authenticate: createAuthenticator(options.credentials ?? []),
        version: '8.19.2',
        clusterId: 'test-cluster',
        limits: {
          maxBodyBytes: options.maxBodyBytes ?? 32 * 1024 * 1024,
          maxDocumentChars: options.maxDocumentChars ?? 16 * 1024 * 1024,
          maxPendingBytes: options.maxPendingBytes ?? 64 * 1024 * 1024,
        },
        onRefused: (code) => void refused.push(code),
      }),
  });
  return {
    url: server.url,
    store,
    metered,
    refused,
    total: () => countedInAll(store.logs),
    byTemplate: () => countedByTemplate(store.logs),
    async close() {
      await server.close(1_000);
      await intake.idle();
      await store.close();
      if (folder !== null) rmSync(folder, { recursive: true });
    },
  };
}
