import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRandom } from '../../lib/random';
import type { Direction, TrialState } from '../../lib/tuning';
import { distributionFromJson } from '../../lib/tuning/distribution-json';
import { ParzenEstimator } from '../../lib/tuning/parzen';
import { Records, type StudyRecord } from '../../lib/tuning/records';
import { TpeHistory } from '../../lib/tuning/tpe-history';
import { normalBelow, normalBetween, truncatedQuantile } from '../../lib/tuning/truncated-normal';

interface Case {
  readonly direction: Direction;
  /** Optuna's JSON of the distributions. */
  readonly space: readonly string[];
  readonly names: readonly string[];
  readonly trials: string;
  readonly good: readonly number[];
  /** Inner values, [parameter, point]. */
  readonly points: readonly (readonly number[])[];
  /** Logarithms, [good or rest, point]. */
  readonly densities: readonly (readonly number[])[];
}

function replay({ direction, space, names, trials }: Case): StudyRecord {
  const records = new Records();
  records.apply({ op: 'create study', name: 'study', directions: [direction === 'maximize' ? 2 : 1] });
  for (const trial of trials.split(';')) {
    const [state, value, reports, params] = trial.split(' ');
    const pairs = reports === '' ? [] : reports.split(',').map((report) => report.split(':'));
    const inner = params
      .split(',')
      .flatMap((text, i) =>
        text === ''
          ? []
          : [[names[i], { value: Number(text), distribution: distributionFromJson(space[i]) }] as const],
      );
    records.apply({
      op: 'create trial',
      studyId: 0,
      state: state as TrialState,
      value: value === 'None' ? undefined : Number(value),
      reports: Object.fromEntries(pairs.map(([step, report]) => [step, Number(report)])),
      params: Object.fromEntries(inner),
    });
  }
  return records.study('study') ?? assert.fail();
}

describe("TPE's parts", () => {
  const { cases }: { readonly cases: readonly Case[] } = JSON.parse(
    readFileSync(join(__dirname, 'tpe.json'), 'utf8'),
  );

  it('take the same trials as good as Optuna does, complete or pruned', () => {
    for (const [index, each] of cases.entries()) {
      const history = new TpeHistory();
      history.update(replay(each));
      const best = history.best(Math.min(Math.ceil(0.1 * history.count), 25));
      assert.deepEqual(
        [...best].map(({ number }) => number).sort((a, b) => a - b),
        each.good,
        `case ${index}`,
      );
    }
  });

  it('give the same densities as Optuna, for every kind of parameter', () => {
    for (const [index, each] of cases.entries()) {
      const history = new TpeHistory();
      const study = replay(each);
      history.update(study);
      const good = new Set(each.good.map((number) => study.trials[number]));
      const halves = history.table(each.names).split(good);
      const points = each.points.map((values) => Float64Array.from(values));
      for (const [half, observations] of [halves.good, halves.rest].entries()) {
        const found = new ParzenEstimator(each.space.map(distributionFromJson), observations).logDensity(
          points,
        );
        found.forEach((density, i) => {
          const expected = each.densities[half][i];
          const message = `case ${index}, ${half}: ${each.names}: ${density}, expected ${expected}`;
          assert.ok(Math.abs(density - expected) < 1e-8 * Math.max(1, Math.abs(expected)), message);
        });
      }
    }
  });

  it('draw points as often as their density says', () => {
    const each = cases.find(({ names }) => names.length === 1 && names[0] === 'stepInt') ?? assert.fail();
    const history = new TpeHistory();
    history.update(replay(each));
    const { rest } = history.table(each.names).split([]);
    const estimator = new ParzenEstimator(each.space.map(distributionFromJson), rest);
    const [drawn] = estimator.sample(20_000, createRandom(1));
    const steps = Float64Array.from({ length: 11 }, (_, i) => 3 * i);
    const chances = estimator.logDensity([steps]).map(Math.exp);
    assert.ok(Math.abs(chances.reduce((a, b) => a + b) - 1) < 1e-12);
    chances.forEach((chance, i) => {
      const share = drawn.filter((value) => value === steps[i]).length / 20_000;
      assert.ok(
        Math.abs(share - chance) < 4 * Math.sqrt(chance / 20_000),
        `${steps[i]}: ${share}, expected ${chance}`,
      );
    });
  });

  it('count running trials as bad ones for one split only', () => {
    const each = cases.find(({ names }) => names.length === 2) ?? assert.fail();
    const history = new TpeHistory();
    const study = replay(each);
    history.update(study);
    const table = history.table(each.names);
    const before = table.split([]);
    const guest = { trial: { ...study.trials[0], number: 7.5 }, values: [1, 1] };
    const between = table.split([], [guest]);
    assert.equal(between.rest.count, before.rest.count + 1);
    const place = before.rest.columns[0].indexOf(1) === -1 ? between.rest.columns[0].indexOf(1) : undefined;
    if (place !== undefined) assert.equal(between.rest.columns[1][place], 1);
    assert.deepEqual(table.split([]), before);
  });
});

describe('the normal distribution', () => {
  // [0.5 * math.erfc(-z / 2**0.5) for z in (-38, -10, -5.5, -1, -0.3, 0, 0.662, 2, 5)]
  const expected: readonly (readonly [number, number])[] = [
    [-38, 2.88542835e-316],
    [-10, 7.619853024160593e-24],
    [-5.5, 1.8989562465887738e-8],
    [-1, 0.15865525393145707],
    [-0.3, 0.3820885778110474],
    [0, 0.5],
    [0.662, 0.7460143891548866],
    [2, 0.9772498680518208],
    [5, 0.9999997133484281],
  ];
  for (const [z, chance] of expected) {
    it(`is below ${z} with the chance ${chance}`, () => {
      assert.ok(Math.abs(normalBelow(z) / chance - 1) < 1e-12, `${normalBelow(z)}`);
    });
  }

  it('keeps its digits far out, and its quantiles between any ends', () => {
    // scipy.stats.norm.sf(9) - scipy.stats.norm.sf(10); scipy.stats.truncnorm.ppf
    assert.ok(Math.abs(normalBetween(9, 10) / 1.1285122e-19 - 1) < 1e-6, `${normalBetween(9, 10)}`);
    assert.ok(Math.abs(truncatedQuantile(0.3, -1, 2) + 0.2424038178892269) < 1e-11);
    assert.ok(Math.abs(truncatedQuantile(0.5, 5, 9) - 5.1320183320442245) < 1e-11);
    assert.ok(Math.abs(truncatedQuantile(0.5, -9, -5) + 5.1320183320442245) < 1e-11);
  });
});
