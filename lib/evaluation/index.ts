export {
  brierScore,
  expectedCalibrationError,
  maximumCalibrationError,
  type ReliabilityBin,
  ReliabilityCounter,
  reliabilityBins,
} from './calibration';
export {
  type ConfusedPair,
  ConfusionCounter,
  type ConfusionMatrix,
  confusionMatrix,
  mostConfusedPairs,
  normalizeConfusion,
} from './confusion';
export { confusionInterval } from './confusion-interval';
export {
  type CorruptionName,
  corrupt,
  corruptionAmount,
  corruptionNames,
  type Severity,
  severities,
} from './corruptions';
export {
  areaUnder,
  averagePrecision,
  oneVsRestRocAuc,
  type PrecisionRecallCurve,
  precisionRecallCurve,
  type RocAuc,
  type RocCurve,
  rocCurve,
} from './curves';
export {
  type BootstrapInterval,
  type BootstrapOptions,
  bootstrapInterval,
  type Interval,
  McNemarCounter,
  type McNemarResult,
  mcnemarTest,
  pick,
  wilsonInterval,
} from './intervals';
export {
  type AveragedMetrics,
  accuracy,
  balancedAccuracy,
  type ClassMetrics,
  cohenKappa,
  logLoss,
  matthewsCorrelation,
  type PrecisionRecallF1,
  precisionRecallF1,
  topKAccuracy,
  type ZeroDivision,
} from './metrics';
export {
  type BatchPredictions,
  mostProbable,
  type Predictions,
  type PredictOptions,
  predict,
  predictBatches,
  predictImages,
} from './predictions';
export { classificationReport, type ReportOptions, type ReportRow, reportRows } from './report';
export {
  type CorruptedAccuracy,
  type MeasuredAccuracy,
  measureRobustness,
  type Robustness,
  type RobustnessOptions,
} from './robustness';
export { predictedClasses } from './rows';
export { type BinnedArea, ScoreHistogram } from './score-histogram';
export {
  type ClassCurves,
  type ConfusedPairExamples,
  type MetricsResult,
  type Mistake,
  StreamingMetrics,
  type StreamingMetricsOptions,
} from './streaming';
export { fitTemperature, softmax } from './temperature';
