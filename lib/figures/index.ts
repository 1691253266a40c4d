export { type AblationResults, type AblationRow, ablationFigure, ablationRows } from './ablation';
export { classCountsFigure, type SplitCounts } from './class-counts';
export { classMetricsFigure } from './class-metrics-figure';
export { confusedPairsFigure } from './confused-pairs-figure';
export { type ConfusionFigureOptions, confusionFigure } from './confusion-figure';
export { baseLayout, type Figure, fontFamily, gridColor, palette, plotlyText } from './figure';
export { type HistogramOptions, histogramFigure } from './histogram';
export { escapeHtml } from './html';
export { type GridImage, type ImageGridOptions, imageGridFigure } from './image-grid';
export {
  augmentationGridFigure,
  type ImagePrediction,
  predictionGridFigure,
  type SampleGridOptions,
  sampleGridFigure,
} from './image-sets';
export { type IntermediateValuesOptions, intermediateValuesFigure } from './intermediate-values-figure';
export { type LiveTraining, type LiveTrainingOptions, liveTraining } from './live-training';
export { type LiveTrialsOptions, liveTrials } from './live-trials';
export { currentNotebook, type MimeBundle, type Notebook, type Output } from './notebook';
export {
  type ObjectiveOptions,
  type OptimizationHistoryOptions,
  optimizationHistoryFigure,
  type StudyResults,
} from './optimization-history-figure';
export { parallelCoordinatesFigure } from './parallel-coordinates-figure';
export { parameterImportancesFigure } from './parameter-importances-figure';
export { type PixelFigureOptions, pixelFigure, type Region } from './pixels';
export { encodePng } from './png';
export { precisionRecallCurvesFigure, precisionRecallFigure } from './precision-recall-figure';
export { reliabilityFigure } from './reliability-figure';
export { type PngOptions, type RenderOptions, renderPng, renderSvg } from './render';
export { reportTable } from './report-table';
export { robustnessFigure } from './robustness-figure';
export { type RocFigureOptions, rocCurvesFigure, rocFigure } from './roc-figure';
export { saveFigure } from './save';
export { type ShowOptions, show } from './show';
export { type Row, type ShowTableOptions, showTable, type Table, table } from './table';
export {
  batchSweepFigure,
  type SweepPoint,
  type Throughput,
  type ThroughputFigureOptions,
  throughputFigure,
} from './throughput';
export { type CurvePoint, type Run, trainingCurvesFigure } from './training-curves';
export { type TransferRow, type TransferRuns, transferFigure, transferRows } from './transfer-figure';
