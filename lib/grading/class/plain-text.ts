/**
 * Text of a student as one can show it anywhere: control characters (a terminal obeys them, XML forbids them), marks that
 * turn the direction of writing, lone surrogates become `�`; line ends and tabs stay.
 */
export function plainText(text: string): string {
  return text.replace(/\r\n?/g, '\n').replace(unprintable, '\ufffd');
}

/** The same on one line, shortened to `length` characters. */
export function plainLine(text: string, { length = 200 } = {}): string {
  const line = plainText(text).replace(/\s+/g, ' ').trim();
  return line.length > length ? `${line.slice(0, length - 3).replace(/[\ud800-\udbff]$/, '')}...` : line;
}

/** Points as people write them: at most four decimals, no trailing zeros. */
export function formatPoints(points: number): string {
  return String(Number(points.toFixed(4)));
}

/** Compares by code units: the same order on every machine, whatever its language. */
export function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

// Control characters but \t and \n, marks of direction, line separators, surrogates without their half, non-characters.
const unprintable =
  /(?![\t\n])[\p{Cc}\p{Cs}\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufffe\uffff]/gu;
