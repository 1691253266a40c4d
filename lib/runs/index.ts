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
export { compareConfigs, listRuns, type Run, readRun } from './list';
export { decoupled, recipeFor } from './recipes';
export {
  buildCompiled,
  type Environment,
  type RunOptions,
  type RunResult,
  readRunConfig,
  runFiles,
  runTraining,
} from './run';
