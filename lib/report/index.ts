export { describeComparison } from './comparison-section';
export type { ReportContents } from './contents';
export {
  type Comparison,
  type Measurements,
  type MeasureOptions,
  measure,
  type Recalibration,
  type Subject,
} from './measure';
export { renderReport } from './report';
