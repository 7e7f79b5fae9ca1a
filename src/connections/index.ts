export { POOL_FAMILIES } from './pool-families.ts';
export type { DatabaseServer, KnownServer, ServerReading, UnknownServer } from './read-database-server.ts';
export { freeConnections, readDatabaseServer } from './read-database-server.ts';
export type {
  ConnectionsContext,
  KnownPools,
  PoolByName,
  PoolPressure,
  PoolReading,
  UnknownPools,
} from './read-pools.ts';
export { readPools } from './read-pools.ts';
