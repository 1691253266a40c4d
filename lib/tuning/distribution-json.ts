import { CourseError } from '../errors';
import type { Distribution } from './distributions';
import { isObject } from './json';

/**
 * The text by which Optuna's files keep a distribution, such as
 * `{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 8}}`.
 */
export function distributionToJson(distribution: Distribution): string {
  if (distribution.kind === 'categorical') {
    return JSON.stringify({
      name: 'CategoricalDistribution',
      attributes: { choices: distribution.choices },
    });
  }
  const { low, high, log, step } = distribution;
  return distribution.kind === 'float'
    ? JSON.stringify({ name: 'FloatDistribution', attributes: { step, low, high, log } })
    : JSON.stringify({ name: 'IntDistribution', attributes: { log, step, low, high } });
}

/** The distribution of such a text, also of the one Optuna wrote. Throws a CourseError where it is none. */
export function distributionFromJson(text: string): Distribution {
  const known = parsed.get(text);
  if (known) return known;
  const { name, attributes } = parse(text);
  const { low, high, log, step, choices } = attributes;
  let distribution: Distribution | undefined;
  if (name === 'CategoricalDistribution' && Array.isArray(choices)) {
    distribution = { kind: 'categorical', choices };
  } else if (typeof low === 'number' && typeof high === 'number' && typeof log === 'boolean') {
    if (name === 'FloatDistribution' && (step === null || typeof step === 'number')) {
      distribution = { kind: 'float', low, high, log, step };
    } else if (name === 'IntDistribution' && typeof step === 'number') {
      distribution = { kind: 'int', low, high, log, step };
    }
  }
  if (!distribution) {
    throw new CourseError(`${text}: not a distribution of Optuna 3 or later; write the study anew with it`);
  }
  if (parsed.size < 10_000) parsed.set(text, distribution);
  return distribution;
}

/** A study has few distributions and asks for them at every trial. */
const parsed = new Map<string, Distribution>();

function parse(text: string): { name: unknown; attributes: Record<string, unknown> } {
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value) && isObject(value.attributes))
      return { name: value.name, attributes: value.attributes };
  } catch {
    // the caller tells
  }
  return { name: undefined, attributes: {} };
}
