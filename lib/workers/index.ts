export { defaultWorkers, type LocalWorkersOptions, runLocalWorkers } from './local';
export {
  hidePasswords,
  parseRedisUrl,
  type RedisAddress,
  type RedisConnectionOptions,
} from './redis-connection';
export { type CoordinateOptions, coordinate } from './redis-coordinator';
export type { TrialResult } from './redis-protocol';
export { type RedisWorkerOptions, runRedisWorker } from './redis-worker';
export { type Compute, objectiveOf, type Reporting, type Work } from './work';
