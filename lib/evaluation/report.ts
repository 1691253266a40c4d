import type { ConfusionMatrix } from './confusion';
import { marginsOf } from './confusion';
import {
  type ClassMetrics,
  type PrecisionRecallF1,
  precisionRecallF1,
  type ZeroDivisionOptions,
} from './metrics';

export interface ReportOptions extends ZeroDivisionOptions {
  /** [numClasses] */
  readonly classNames: readonly string[];
}

/** One class in numbers; types alone, no interface, so that it can go to `showTable` and `table`. */
export type ReportRow = { readonly class: string } & Pick<ClassMetrics, keyof ClassMetrics>;

/** A row for each class, for a table or a DataFrame: `showTable(reportRows(matrix, { classNames }))`. */
export function reportRows(
  matrix: ConfusionMatrix,
  { classNames, zeroDivision }: ReportOptions,
): readonly ReportRow[] {
  checkNames(matrix, classNames);
  return precisionRecallF1(matrix, { zeroDivision }).perClass.map((metrics, c) => ({
    class: classNames[c],
    ...metrics,
  }));
}

/**
 * Precision, recall, F1 and support of each class, then accuracy and averages, as text: letter by letter what
 * scikit-learn's classification_report gives for `labels=range(numClasses), target_names=classNames`.
 *
 * @param options.digits After the point, default 2. Throws a RangeError where the names are not one for each class.
 */
export function classificationReport(
  matrix: ConfusionMatrix,
  { classNames, digits = 2, zeroDivision }: ReportOptions & { readonly digits?: number },
): string {
  checkNames(matrix, classNames);
  const { perClass, micro, macro, weighted } = precisionRecallF1(matrix, { zeroDivision });
  const { total } = marginsOf(matrix);
  const width = Math.max('weighted avg'.length, digits, ...classNames.map((name) => [...name].length));
  const line = (name: string, ...cells: readonly string[]) =>
    `${right(name, width)} ${cells.map((cell) => ` ${right(cell, 9)}`).join('')}\n`;
  const fixed = (value: number) => toFixedHalfEven(value, digits);
  const metricsLine = (name: string, { precision, recall, f1 }: PrecisionRecallF1, support: number) =>
    line(name, fixed(precision), fixed(recall), fixed(f1), String(support));
  return [
    line('', 'precision', 'recall', 'f1-score', 'support'),
    '\n',
    ...perClass.map((metrics, c) => metricsLine(classNames[c], metrics, metrics.support)),
    '\n',
    line('accuracy', '', '', fixed(micro.f1), String(total)),
    metricsLine('macro avg', macro, total),
    metricsLine('weighted avg', weighted, total),
  ].join('');
}

function checkNames(matrix: ConfusionMatrix, classNames: readonly string[]): void {
  if (classNames.length !== matrix.length) {
    throw new RangeError(
      `classNames: expected one for each of ${matrix.length} classes, got ${classNames.length}`,
    );
  }
}

/** Spaces on the left; counts letters, where padStart would count an emoji twice. */
function right(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - [...text].length)) + text;
}

/** Like Python's format: 0.125 in two digits is 0.12, since of two equally near numbers it takes the even one. */
function toFixedHalfEven(value: number, digits: number): string {
  if (Number.isNaN(value)) return 'nan';
  // JavaScript writes every digit that the binary number has: 40 more tell a half from a little more than a half.
  const all = value.toFixed(digits + 40);
  const kept = digits === 0 ? all.slice(0, -41) : all.slice(0, -40);
  const half = all.slice(-40) === `5${'0'.repeat(39)}`;
  return half && Number(kept.slice(-1)) % 2 === 0 ? kept : value.toFixed(digits);
}
