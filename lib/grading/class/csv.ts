import { CourseError } from '../../errors';

/** A table read from a CSV file. */
export interface CsvTable {
  readonly delimiter: string;
  readonly header: readonly string[];
  readonly rows: readonly CsvRow[];
}

export interface CsvRow {
  /** In the file, from 1: where the row begins. */
  readonly line: number;
  /** By the column's name; cells that are not there are ''. */
  readonly cells: ReadonlyMap<string, string>;
}

/**
 * A text in CSV (RFC 4180), as spreadsheets save it: with or without a byte order mark, with `,`, `;` or tabs. Column names are
 * trimmed and compared in lower case; empty rows are left out.
 */
export function parseCsv(text: string, { file }: { readonly file: string }): CsvTable {
  const body = text.replace(/^\ufeff/, '');
  const delimiter = delimiterOf(body);
  const [first, ...records] = splitRecords(body, { delimiter, file });
  const header = (first?.cells ?? []).map((name) => name.trim().toLowerCase());
  const filled = records.filter(({ cells }) => cells.some((cell) => cell.trim() !== ''));
  const rows = filled.map(({ line, cells }) => {
    if (cells.length > header.length) {
      throw new CourseError(
        `${file}: line ${line}: expected ${header.length} cells, got ${cells.length}; put a cell with "${delimiter}" in quotes`,
      );
    }
    return { line, cells: new Map(header.map((name, i) => [name, cells[i] ?? ''])) };
  });
  return { delimiter, header, rows };
}

/**
 * One line of CSV, without its end. A text that a spreadsheet would take for a formula, because it starts with = + - @, a
 * tab or a line end, gets an apostrophe in front; `unguarded` takes it off again.
 */
export function formatCsvLine(
  cells: readonly (string | number | undefined)[],
  { delimiter = ',' } = {},
): string {
  return cells.map((cell) => formatCell(cell, delimiter)).join(delimiter);
}

/** A text as it was before `formatCsvLine` guarded it. */
export function unguarded(cell: string): string {
  return cell.startsWith("'") && formula.test(cell.slice(1)) ? cell.slice(1) : cell;
}

// Full-width signs too: spreadsheets of some languages take them as well.
const formula = /^['=+\-@\t\r\n＝＋－＠]/;

function formatCell(cell: string | number | undefined, delimiter: string): string {
  if (cell === undefined) return '';
  if (typeof cell === 'number') return String(cell);
  const guarded = formula.test(cell) ? `'${cell}` : cell;
  const quoted = guarded.includes(delimiter) || /["\r\n;\t]|^\s|\s$/.test(guarded);
  return quoted ? `"${guarded.replaceAll('"', '""')}"` : guarded;
}

function delimiterOf(text: string): string {
  const [header] = text.split(/\r?\n/, 1);
  const counts = [',', ';', '\t'].map((delimiter) => ({ delimiter, count: header.split(delimiter).length }));
  return counts.reduce((best, candidate) => (candidate.count > best.count ? candidate : best)).delimiter;
}

interface CsvRecord {
  readonly line: number;
  readonly cells: readonly string[];
}

function splitRecords(
  text: string,
  { delimiter, file }: { readonly delimiter: string; readonly file: string },
): readonly CsvRecord[] {
  const records: CsvRecord[] = [];
  let cells: string[] = [];
  let cell = '';
  let quoted = false;
  let line = 1;
  let begun = 1;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '\n') line++;
    if (quoted) {
      if (character !== '"') cell += character;
      else if (text[at + 1] === '"') cell += text[++at];
      else quoted = false;
    } else if (character === '"' && cell === '') {
      quoted = true;
    } else if (character === delimiter) {
      cells.push(cell);
      cell = '';
    } else if (character === '\n') {
      records.push({ line: begun, cells: [...cells, cell.replace(/\r$/, '')] });
      cells = [];
      cell = '';
      begun = line;
    } else {
      cell += character;
    }
  }
  if (quoted) throw new CourseError(`${file}: line ${begun}: a quoted cell has no end; add the missing "`);
  if (cell !== '' || cells.length > 0) records.push({ line: begun, cells: [...cells, cell] });
  return records;
}
