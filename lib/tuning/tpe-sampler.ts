import { type Distribution, isSingle, toInternal } from './distributions';
import { isObject } from './json';
import { makeRow, type Row } from './observation-table';
import { ParzenEstimator } from './parzen';
import { drawUniform } from './random-sampler';
import type { StudyRecord, TrialRecord } from './records';
import type { Sampler, SamplingContext } from './sampler';
import { togetherKey } from './system-attrs';
import { TpeHistory } from './tpe-history';

export interface TpeOptions {
  /** So many trials are drawn at random first; default 10. */
  readonly startupTrials?: number;
  /** How many points are compared for each draw; default 24. */
  readonly candidates?: number;
  /** Whether parameters that all trials have are chosen together; default true. */
  readonly multivariate?: boolean;
  /** Whether running trials count as bad ones, so that workers keep apart; default true. */
  readonly constantLiar?: boolean;
}

/**
 * The tree-structured Parzen estimator: draws points that resemble the best tenth of the trials, at most 25, and takes the
 * one that resembles the others least. Source: Bergstra et al., Algorithms for Hyper-Parameter Optimization, NIPS 2011;
 * defaults, and the joint choice of parameters, as TPESampler of Optuna 5, see its documentation.
 */
export function tpeSampler({
  startupTrials = 10,
  candidates = 24,
  multivariate = true,
  constantLiar = true,
}: TpeOptions = {}): Sampler {
  const histories = new WeakMap<StudyRecord, TpeHistory>();
  const historyOf = (study: StudyRecord): TpeHistory => {
    const history = histories.get(study) ?? new TpeHistory();
    histories.set(study, history);
    history.update(study);
    return history;
  };

  const draw = (
    { study, trial, random }: SamplingContext,
    space: readonly (readonly [string, Distribution])[],
  ) => {
    const history = historyOf(study);
    const names = space.map(([name]) => name);
    const distributions = space.map(([, distribution]) => distribution);
    const best = history.best(Math.min(Math.ceil(0.1 * history.count), 25));
    const liars = constantLiar ? runningRows(study, { names, except: trial }) : [];
    const halves = history.table(names).split(best, liars);
    const good = new ParzenEstimator(distributions, halves.good);
    const rest = new ParzenEstimator(distributions, halves.rest);
    const points = good.sample(candidates, random);
    const [likeGood, likeRest] = [good.logDensity(points), rest.logDensity(points)];
    let winner = 0;
    for (let i = 1; i < candidates; i++) {
      if (likeGood[i] - likeRest[i] > likeGood[winner] - likeRest[winner]) winner = i;
    }
    return space.map(([name, distribution], d) => ({ name, distribution, value: points[d][winner] }));
  };

  return {
    name: 'tpe',
    sampleTogether: (context) => {
      const history = historyOf(context.study);
      const space = [...history.common]
        .filter(([, distribution]) => !isSingle(distribution))
        .sort(([a], [b]) => (a < b ? -1 : 1));
      if (!multivariate || space.length === 0 || history.count < startupTrials) return [];
      return draw(context, space);
    },
    sample: (context, name, distribution) =>
      historyOf(context.study).count < startupTrials
        ? drawUniform(distribution, context.random)
        : draw(context, [[name, distribution]])[0].value,
  };
}

function runningRows(
  study: StudyRecord,
  { names, except }: { readonly names: readonly string[]; readonly except: TrialRecord },
): Row[] {
  return [...study.running].flatMap((trial) => {
    if (trial === except) return [];
    return makeRow(trial, names, new Map([...givenParams(study, trial), ...trial.inner])) ?? [];
  });
}

function givenParams(
  { distributions }: StudyRecord,
  { systemAttrs }: TrialRecord,
): (readonly [string, number])[] {
  let text = '';
  for (let piece = 0; typeof systemAttrs[`${togetherKey}:${piece}`] === 'string'; piece++) {
    text += systemAttrs[`${togetherKey}:${piece}`];
  }
  if (text === '') return [];
  try {
    const given: unknown = JSON.parse(text);
    return Object.entries(isObject(given) ? given : {}).flatMap(([name, value]) => {
      const distribution = distributions.get(name);
      const inner = distribution && isChoice(value) ? toInternal(distribution, value) : Number.NaN;
      return Number.isNaN(inner) ? [] : [[name, inner] as const];
    });
  } catch {
    return []; // another worker is still writing the pieces
  }
}

function isChoice(value: unknown): value is string | number | boolean | null {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}
