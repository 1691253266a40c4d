import { badRequest } from './serving-error';

const deepest = 12; // an image in a list in an object in a request is 7

/**
 * The JSON in a request's body, which may come from anywhere.
 * @throws ServingError 400 for anything else, and for what is nested deeper than any request here.
 */
export function parseJson(body: unknown): unknown {
  if (!(body instanceof Uint8Array) || body.length === 0)
    throw badRequest('expected JSON in the body, got nothing');
  refuseDepth(body);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (error) {
    throw badRequest(`JSON Parse error: ${(error as Error).message.slice(0, 100)}`);
  }
}

/**
 * `value` as an object with no other keys than `keys`; so `__proto__` is refused like any other stranger.
 * @throws ServingError 400, which names `what` it was meant to be.
 */
export function parseObject<K extends string>(
  value: unknown,
  keys: readonly K[],
  what: string,
): Partial<Record<K, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw badRequest(`${what}: expected an object, got ${kindOf(value)}`);
  const stranger = Object.keys(value).find((key) => !keys.some((known) => known === key));
  if (stranger !== undefined) {
    const got = JSON.stringify(stranger.slice(0, 40));
    throw badRequest(`${what}: expected no other keys than ${keys.join(', ')}, got ${got}`);
  }
  return value as Partial<Record<K, unknown>>;
}

/** What `value` is, for a message. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`;
}

const [quote, backslash] = [0x22, 0x5c];
const [openList, closeList, openObject, closeObject] = [0x5b, 0x5d, 0x7b, 0x7d];

/** Before it is parsed: a few megabytes of brackets would become hundreds. */
function refuseDepth(body: Uint8Array): void {
  let depth = 0;
  let inText = false;
  for (let i = 0; i < body.length; i++) {
    const byte = body[i];
    if (inText) {
      if (byte === backslash) i++;
      else if (byte === quote) inText = false;
    } else if (byte === quote) inText = true;
    else if (byte === openList || byte === openObject) {
      if (++depth > deepest) throw badRequest(`JSON: expected at most ${deepest} levels`);
    } else if (byte === closeList || byte === closeObject) depth--;
  }
}
