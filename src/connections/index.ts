export type { DatabaseLink } from './databases.ts';
export { databaseOf, KnownDatabases } from './databases.ts';
export type { ServerReading } from './read-database-server.ts';
export { freeConnections, readDatabaseServer } from './read-database-server.ts';
export type { KnownPools, PoolReading } from './read-pools.ts';
export { readPools } from './read-pools.ts';
export type { SessionsReading } from './read-sessions.ts';
export { readSessions } from './read-sessions.ts';
