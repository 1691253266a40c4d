import type { ImageDataset } from '../data';
import type { Measurements } from './measure';

/** What a report is made from. */
export interface ReportContents {
  /** What was judged, such as the model's folder; the heading. */
  readonly name: string;
  /** The images it was judged on; the report shows a few. */
  readonly test: ImageDataset;
  readonly measurements: Measurements;
  /** How it came about, such as model, command, date and versions: name and value, in order. */
  readonly facts: readonly (readonly [name: string, value: string])[];
}
