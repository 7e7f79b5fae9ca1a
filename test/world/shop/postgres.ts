import { Client, Pool } from 'pg';
import type { DatabasePool, OpenConnection } from './database.ts';

export interface PostgresOptions {
  url: string;
  service: string;
  poolMax: number;
  connectionTimeoutMs: number;
  /** An idle client of the pool was ended from outside; the pool replaces it by itself. */
  onIdleError: (error: Error) => void;
}

export function createPool(options: PostgresOptions): DatabasePool {
  const pool = new Pool({
    connectionString: options.url,
    max: options.poolMax,
    connectionTimeoutMillis: options.connectionTimeoutMs,
    application_name: options.service,
  });
  pool.on('error', options.onIdleError);
  return pool;
}

export function createConnectionOpener(url: string, service: string, connectionTimeoutMs: number): OpenConnection {
  return async (onLost) => {
    const client = new Client({
      connectionString: url,
      connectionTimeoutMillis: connectionTimeoutMs,
      application_name: `${service}-batch`,
    });
    let isConnected = false;
    client.on('error', (error) => {
      if (isConnected) onLost(error);
    });
    await client.connect();
    isConnected = true;
    return {
      close: async () => {
        isConnected = false;
        await client.end();
      },
    };
  };
}
