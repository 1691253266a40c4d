export { type BenchOptions, bench } from './bench';
export { type NetworkName, networkNames } from './networks';
export * from './result';
export { ratiosOf, type Spread, spreadOf } from './statistics';
export { renderComparison, renderResult } from './table';
export type { Task } from './work';
