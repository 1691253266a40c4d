export {
  type CategoricalDistribution,
  type Choice,
  type Distribution,
  type FloatDistribution,
  type IntDistribution,
  type RangeOptions,
  SearchSpaceError,
} from './distributions';
export { type FrozenTrial, lastReport, type Params, type TrialState } from './frozen-trial';
export { gridSampler } from './grid-sampler';
export { type Importance, type ImportanceOptions, parameterImportances } from './importance';
export type { Json } from './json';
export type { Objective, OptimizeOptions } from './optimize';
export { medianPruner, type PercentilePrunerOptions, percentilePruner } from './percentile-pruner';
export { noPruner, type Pruner, type PruningDecision } from './pruner';
export { randomSampler } from './random-sampler';
export type { Direction, StudyRecord, TrialRecord } from './records';
export type { StaleOptions } from './retry';
export type { Sampler, SamplingContext, Suggestion } from './sampler';
export { journalStorage, memoryStorage, type Storage } from './storage';
export { createStudy, type Study, type StudyOptions, type TrialEnd } from './study';
export { type SuccessiveHalvingOptions, successiveHalvingPruner } from './successive-halving-pruner';
export { type TpeOptions, tpeSampler } from './tpe-sampler';
export { type Trial, TrialPruned } from './trial';
