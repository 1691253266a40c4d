import type { DataFrame } from 'danfojs-node';
import { escapeHtml } from './html';
import { currentNotebook, type MimeBundle, type Notebook } from './notebook';

export type Row = Readonly<Record<string, string | number>>;

/** What is read of a danfojs DataFrame. */
export interface Table {
  readonly columns: readonly string[];
  /** [rows, columns] */
  readonly values: ArrayLike<unknown>;
}

export interface ShowTableOptions {
  readonly caption?: string;
  /** Digits after the point of numbers that are not whole; default 3. */
  readonly precision?: number;
  /** Where the output goes; default the notebook that this process is the kernel of. */
  readonly notebook?: Notebook | null;
}

/**
 * Rows as a danfojs DataFrame, to be sorted, filtered and grouped. The first call loads danfojs, about a second.
 *
 * @param options.columns Which columns, in this order; default those of the first row.
 */
export function table(
  rows: readonly Row[],
  { columns }: { readonly columns?: readonly string[] } = {},
): DataFrame {
  const danfo = require('danfojs-node') as typeof import('danfojs-node');
  const { columns: names, values } = fromRows(rows, columns);
  return new danfo.DataFrame(values, { columns: [...names] });
}

/** Shows a DataFrame, or plain rows, as a table in the notebook; in a plain script it does nothing. */
export function showTable(
  content: Table | readonly Row[],
  { notebook = currentNotebook(), ...options }: ShowTableOptions = {},
): void {
  notebook?.output()(tableBundle(content, options));
}

/** The table in the forms that a notebook shows. */
export function tableBundle(
  content: Table | readonly Row[],
  { caption, precision = 3 }: Omit<ShowTableOptions, 'notebook'> = {},
): MimeBundle {
  const cells = format('columns' in content ? content : fromRows(content), precision);
  return { 'text/html': toHtml(cells, caption), 'text/plain': toText(cells, caption) };
}

function fromRows(
  rows: readonly Row[],
  columns: readonly string[] = Object.keys(rows[0] ?? {}),
): { columns: readonly string[]; values: (string | number)[][] } {
  return { columns, values: rows.map((row) => columns.map((column) => row[column])) };
}

interface Cells {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Whether a column holds numbers alone, which stand on the right. */
  readonly numeric: readonly boolean[];
}

function format({ columns, values }: Table, precision: number): Cells {
  const rows = Array.from(values, (row) => Array.from(row as ArrayLike<unknown>));
  const numeric = columns.map((_, c) => rows.every((row) => typeof row[c] === 'number'));
  return { columns, numeric, rows: rows.map((row) => row.map((value) => formatValue(value, precision))) };
}

function formatValue(value: unknown, precision: number): string {
  if (value === undefined || value === null || Number.isNaN(value)) return '–';
  if (typeof value !== 'number' || Number.isInteger(value)) return String(value);
  // A learning rate of 0.0001 must not become 0.000.
  return Math.abs(value) >= 10 ** -precision
    ? value.toFixed(precision)
    : String(Number(value.toPrecision(precision)));
}

function toHtml({ columns, rows, numeric }: Cells, caption?: string): string {
  const cell = (tag: 'td' | 'th') => (text: string, c: number) =>
    `<${tag} style="text-align: ${numeric[c] ? 'right' : 'left'}">${escapeHtml(text)}</${tag}>`;
  const line = (cells: readonly string[], tag: 'td' | 'th') => `<tr>${cells.map(cell(tag)).join('')}</tr>`;
  return [
    '<table>',
    caption ? `<caption>${escapeHtml(caption)}</caption>` : '',
    `<thead>${line(columns, 'th')}</thead>`,
    `<tbody>${rows.map((row) => line(row, 'td')).join('\n')}</tbody>`,
    '</table>',
  ]
    .filter(Boolean)
    .join('\n');
}

function toText({ columns, rows, numeric }: Cells, caption?: string): string {
  const widths = columns.map((name, c) => Math.max(name.length, ...rows.map((row) => row[c].length)));
  const line = (cells: readonly string[]) =>
    cells
      .map((text, c) => (numeric[c] ? text.padStart(widths[c]) : text.padEnd(widths[c])))
      .join('  ')
      .trimEnd();
  return [...(caption ? [caption] : []), line(columns), ...rows.map(line)].join('\n');
}
