export { AdamWOptimizer, type AdamWOptions, adamW } from './adamw';
export { type AveragingOptions, lookahead, movingAverage } from './averaging';
export type { Callback, CallbackContext, CallbackState } from './callbacks';
export { restoreCheckpoint, type TrainingState, writeCheckpoint } from './checkpoint';
export { type CompileOptions, compileClassifier, crossEntropyFromLogits, endsInSoftmax } from './classifier';
export {
  type Compilation,
  CompiledModel,
  type CompiledModelOptions,
  compileModel,
  computeOnBatch,
  freezeModel,
  type Precision,
  precisionNames,
  UntraceableError,
  type Values,
  whyNotCompiled,
} from './compile';
export { EarlyStopping, type EarlyStoppingOptions } from './early-stopping';
export { type EvaluateOptions, type Evaluation, evaluate } from './evaluate';
export type { EpochRecord, History, StepRecord } from './history';
export { type OverlapOptions, overlapped } from './overlap';
export {
  buildSchedule,
  constant,
  cosine,
  type Schedule,
  type ScheduleSpec,
  scheduleNames,
  steps,
  triangular,
} from './schedules';
export { type ParameterGroup, SgdOptimizer, type SgdOptions, sgd } from './sgd';
export { bytesOf, type StepEngine, Stepper, trainingBatch } from './step';
export { type TrainOptions, train } from './train';
export { applyViews, type Views, viewNames } from './views';
export { readWeights, type Weights, writeWeights } from './weights';
