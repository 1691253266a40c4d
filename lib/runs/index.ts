export {
  type Ablation,
  type AblationOptions,
  type AblationRun,
  type AblationVariant,
  ablationVariants,
  configOfVariant,
  readAblation,
  runAblation,
} from './ablation';
export * from './config';
export { describeEnvironment, type Environment } from './environment';
export { compareConfigs, listRuns, type Run, readRun } from './list';
export { decoupled, recipeFor } from './recipes';
export {
  buildCompiled,
  type RunOptions,
  type RunResult,
  readRunConfig,
  runFiles,
  runTraining,
} from './run';
export {
  defaultSpace,
  gridOf,
  parseSpace,
  type SearchSpace,
  type SpaceChoices,
  type SpaceRange,
  suggestSettings,
  withSettings,
} from './search-space';
export { loadTrialImages, type TrialImages, trainForValidation } from './trial-training';
export { type TuneOptions, trainingCompute, trainingWork, tuneHere, whyHopeless } from './tuning';
export {
  configOfBest,
  configOfTrial,
  joinTuning,
  openTuning,
  type PrunerName,
  prunerNames,
  type SamplerName,
  samplerNames,
  type TuningPlan,
  type TuningStudy,
} from './tuning-plan';
