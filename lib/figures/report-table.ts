import type { DataFrame } from 'danfojs-node';
import { type ConfusionMatrix, marginsOf } from '../evaluation/confusion';
import { precisionRecallF1 } from '../evaluation/metrics';
import { type ReportOptions, reportRows } from '../evaluation/report';
import { type Row, table } from './table';

/**
 * The classification report as a danfojs DataFrame: a row for each class, then accuracy, macro and weighted average, with
 * the columns class, precision, recall, f1 and support. Shown with `showTable`; the first call loads danfojs.
 */
export function reportTable(matrix: ConfusionMatrix, { classNames, zeroDivision }: ReportOptions): DataFrame {
  const { micro, macro, weighted } = precisionRecallF1(matrix, { zeroDivision });
  const support = marginsOf(matrix).total;
  const rows: readonly Row[] = [
    ...reportRows(matrix, { classNames, zeroDivision }),
    { class: 'accuracy', ...micro, support }, // all three are the accuracy
    { class: 'macro avg', ...macro, support },
    { class: 'weighted avg', ...weighted, support },
  ];
  return table(rows, { columns: ['class', 'precision', 'recall', 'f1', 'support'] });
}
