import { type Choice, SearchSpaceError } from './distributions';
import type { Params } from './frozen-trial';
import { isObject } from './json';
import type { StudyRecord } from './records';
import type { Sampler } from './sampler';
import { fixedParamsKey } from './system-attrs';

/**
 * Tries every combination of the given values once, the last parameter's values changing fastest; then the study is
 * finished. What was tried is read from the trials themselves, so a resumed study goes on where it was, and several
 * workers share the grid.
 *
 *     gridSampler({ learningRate: [0.001, 0.01, 0.1], batchSize: [32, 64] })
 */
export function gridSampler(values: Readonly<Record<string, readonly Choice[]>>): Sampler {
  const points = combinations(values);
  if (points.length === 0 || Object.keys(values).length === 0) {
    throw new SearchSpaceError('grid: expected at least one value for each parameter, got none; add some');
  }
  return {
    name: 'grid',
    plan: (study) => {
      const tried = new Set(study.trials.map(plannedPoint).filter(isObject).map(pointKey));
      return points.find((point) => !tried.has(pointKey(point))) ?? 'finished';
    },
    sample: (_, name) => {
      throw new SearchSpaceError(`grid: has no values for ${name}; add them, such as ${name}: [1, 2]`);
    },
  };
}

function plannedPoint(trial: StudyRecord['trials'][number]): unknown {
  return trial.systemAttrs[fixedParamsKey];
}

function pointKey(point: object): string {
  return JSON.stringify(Object.entries(point).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function combinations(values: Readonly<Record<string, readonly Choice[]>>): Params[] {
  return Object.entries(values).reduce<Params[]>(
    (points, [name, options]) =>
      points.flatMap((point) => options.map((value) => ({ ...point, [name]: value }))),
    [{}],
  );
}
