export type { BatchingOptions, BatchReport } from './batcher';
export { type Engine, type EngineName, engineNames } from './engine';
export { ModelRegistry, type VersionState, type VersionStatus } from './model-registry';
export { type LoadServableOptions, loadServable, type Servable } from './servable';
export { buildServer, type ServerOptions } from './server';
