/** Whatever JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** JSON as Python writes it: with NaN and Infinity as they are, where JavaScript would write null. */
export function toPythonJson(value: unknown): string {
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : nonFinite(value);
  if (Array.isArray(value)) return `[${value.map(toPythonJson).join(',')}]`;
  if (isObject(value)) {
    const fields = Object.entries(value).filter(([, field]) => field !== undefined);
    return `{${fields.map(([key, field]) => `${JSON.stringify(key)}:${toPythonJson(field)}`).join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}

function nonFinite(value: number): string {
  return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity';
}

/** The value of JSON as Python writes it. Throws a SyntaxError. */
export function fromPythonJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!/NaN|Infinity/.test(text)) throw error;
    return parseNonFinite(text);
  }
}

/** Puts marks that no text of the line has in place of the bare words, and numbers in place of the marks. */
function parseNonFinite(text: string): unknown {
  let mark = 'number:';
  while (text.includes(mark)) mark = `.${mark}`;
  // a string, which stays, or a bare word
  const marked = text.replace(/"(?:[^"\\]|\\.)*"|-?Infinity|NaN/g, (found) =>
    found.startsWith('"') ? found : `"${mark}${found}"`,
  );
  return JSON.parse(marked, (_, value: unknown) =>
    typeof value === 'string' && value.startsWith(mark) ? Number(value.slice(mark.length)) : value,
  );
}
