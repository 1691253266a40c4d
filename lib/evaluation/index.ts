export {
  brierScore,
  expectedCalibrationError,
  maximumCalibrationError,
  type ReliabilityBin,
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
export { mostProbable, type Predictions, type PredictOptions, predict, predictImages } from './predictions';
export { classificationReport, type ReportOptions, type ReportRow, reportRows } from './report';
export { fitTemperature, softmax } from './temperature';
