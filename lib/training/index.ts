export { type CompileOptions, compileClassifier, crossEntropyFromLogits, endsInSoftmax } from './compile';
export { type EvaluateOptions, type Evaluation, evaluate } from './evaluate';
export type { EpochRecord, History, StepRecord } from './history';
export { type TrainOptions, train } from './train';
