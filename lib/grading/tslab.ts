import { CourseError } from '../errors';

/**
 * What a notebook's cells declared at their top level, by name. tslab keeps it on a global of its own (`executor.js`);
 * this is the one place that knows.
 */
export function topLevelScope(): object {
  const scope = (globalThis as { readonly __tslab__?: { readonly exports?: object } }).__tslab__?.exports;
  if (!scope) throw new CourseError('check() works in a notebook cell; elsewhere run: npm test');
  return scope;
}
