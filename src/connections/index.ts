export type { ServerReading } from './read-database-server.ts';
export { freeConnections, readDatabaseServer } from './read-database-server.ts';
export type { KnownPools, PoolReading } from './read-pools.ts';
export { readPools } from './read-pools.ts';
