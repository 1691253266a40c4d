import { CourseError } from '../errors';

/** A value written behind a cell marker, as JSON. */
export type OptionValue =
  | string
  | number
  | boolean
  | null
  | readonly OptionValue[]
  | { readonly [key: string]: OptionValue };

/** One cell of a percent file; the source of a markdown cell is its text without the `// ` in front. */
export interface Cell {
  readonly kind: 'code' | 'markdown';
  readonly source: string;
  readonly options: Readonly<Record<string, OptionValue>>;
  /** The text between `%%` and the options. */
  readonly title?: string;
  /** Blank lines after the cell where they are not the usual: one, and none after the last. */
  readonly gap?: number;
}

/** A plain TypeScript file cut into cells by Jupytext's percent markers (https://jupytext.readthedocs.io). */
export interface PercentFile {
  /** Whatever stands before the first marker, as it is. */
  readonly header: string;
  readonly cells: readonly Cell[];
}

const marker = /^\/\/ %%(?: |$)/;

/** Text of a percent file -> its cells; `formatPercent` gives the same text back. */
export function parsePercent(text: string, { file = 'percent file' } = {}): PercentFile {
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  const starts = lines.flatMap((line, at) => (marker.test(line) ? [at] : []));
  const header = lines.slice(0, starts[0] ?? lines.length).map((line) => line + '\n');
  const cells = starts.map((start, k) => {
    const last = k === starts.length - 1;
    const body = lines.slice(start + 1, starts[k + 1] ?? lines.length);
    let gap = 0;
    while (body.length > 0 && body[body.length - 1] === '') {
      body.pop();
      gap += 1;
    }
    const head = parseMarker(lines[start], `${file}:${start + 1}`);
    const source =
      head.kind === 'code' ? body : body.map((line, at) => uncomment(line, `${file}:${start + 2 + at}`));
    return { ...head, source: source.join('\n'), ...(gap === (last ? 0 : 1) ? {} : { gap }) };
  });
  return { header: header.join(''), cells };
}

/** Cells -> the text of a percent file. */
export function formatPercent({ header, cells }: PercentFile): string {
  const parts = cells.map((cell, at) => {
    const usual = at === cells.length - 1 ? 0 : 1;
    const body = cell.source === '' ? [] : cell.source.split('\n');
    const lines = cell.kind === 'code' ? body : body.map((line) => (line === '' ? '//' : `// ${line}`));
    return [formatMarker(cell), ...lines, ...Array<string>(cell.gap ?? usual).fill('')].join('\n') + '\n';
  });
  return header + parts.join('');
}

function parseMarker(line: string, where: string): Pick<Cell, 'kind' | 'title' | 'options'> {
  const match = /^\/\/ %%(?<title>[^[{=]*?)(?<kind>\[[^\]]*\])?(?<options>\s+[A-Za-z_][\w.-]*=.*)?$/.exec(
    line,
  );
  const kind = match?.groups?.kind ?? '[code]';
  if (!match?.groups || !['[code]', '[markdown]', '[md]'].includes(kind)) {
    throw new CourseError(`${where}: expected // %% [markdown] key="value", got ${line}`);
  }
  const title = match.groups.title.trim();
  return {
    kind: kind === '[code]' ? 'code' : 'markdown',
    ...(title ? { title } : {}),
    options: parseOptions(match.groups.options ?? '', where),
  };
}

function parseOptions(text: string, where: string): Record<string, OptionValue> {
  const options: Record<string, OptionValue> = {};
  let rest = text.trim();
  while (rest !== '') {
    const key = /^([A-Za-z_][\w.-]*)=/.exec(rest);
    const end = key ? valueEnd(rest, key[0].length) : undefined;
    if (!key || end === undefined) {
      throw new CourseError(`${where}: expected key=value with the value as JSON, got ${rest}`);
    }
    options[key[1]] = JSON.parse(rest.slice(key[0].length, end));
    rest = rest.slice(end).trim();
  }
  return options;
}

/** Where the JSON value that starts at `start` ends: the first blank, or the end, up to which it parses. */
function valueEnd(text: string, start: number): number | undefined {
  for (let end = start + 1; end <= text.length; end++) {
    if (end < text.length && text[end] !== ' ') continue;
    try {
      JSON.parse(text.slice(start, end));
      return end;
    } catch {
      // not complete yet
    }
  }
  return undefined;
}

function formatMarker({ kind, title, options }: Cell): string {
  const pairs = Object.entries(options).map(([key, value]) => `${key}=${formatValue(value)}`);
  return ['// %%', ...(title ? [title] : []), ...(kind === 'markdown' ? ['[markdown]'] : []), ...pairs].join(
    ' ',
  );
}

/** JSON with a blank after commas and colons, as Jupytext writes it. */
function formatValue(value: OptionValue): string {
  if (Array.isArray(value)) return `[${value.map(formatValue).join(', ')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const pairs = Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${formatValue(item)}`);
  return `{${pairs.join(', ')}}`;
}

function uncomment(line: string, where: string): string {
  if (line === '//') return '';
  if (line.startsWith('// ')) return line.slice(3);
  throw new CourseError(`${where}: a line of a markdown cell must start with "// ", got ${line}`);
}
