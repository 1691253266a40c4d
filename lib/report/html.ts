import { escapeHtml } from '../figures';

/** A piece of a page: what `html` made, nothing else. */
export interface Html {
  readonly markup: string;
}

type Value = Html | string | number | readonly Value[] | undefined;

/**
 * A piece of a page from a template literal. Text that is put in is escaped, whatever it holds: class names and paths come
 * from files. Pieces are put in as they are, lists one after the other, undefined as nothing.
 */
export function html(strings: TemplateStringsArray, ...values: readonly Value[]): Html {
  return { markup: strings.reduce((markup, text, i) => markup + markupOf(values[i - 1]) + text) };
}

/** Markup that this course made itself, such as a figure's SVG, unescaped. */
export function trusted(markup: string): Html {
  return { markup };
}

function markupOf(value: Value): string {
  if (value === undefined) return '';
  if (typeof value === 'string' || typeof value === 'number') return escapeHtml(String(value));
  return 'markup' in value ? value.markup : value.map(markupOf).join('');
}
