export { AdamWOptimizer, type AdamWOptions, adamW } from './adamw';
export { type CompileOptions, compileClassifier, crossEntropyFromLogits, endsInSoftmax } from './classifier';
export {
  type Compilation,
  CompiledModel,
  type CompiledModelOptions,
  compileModel,
  computeOnBatch,
  freezeModel,
  UntraceableError,
  type Values,
  whyNotCompiled,
} from './compile';
export { type EvaluateOptions, type Evaluation, evaluate } from './evaluate';
export type { EpochRecord, History, StepRecord } from './history';
export { type OverlapOptions, overlapped } from './overlap';
export { bytesOf, type StepEngine, Stepper, trainingBatch } from './step';
export { type TrainOptions, train } from './train';
