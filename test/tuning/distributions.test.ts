import { strict as assert } from 'node:assert';
import { SearchSpaceError } from '../../lib/tuning';
import { distributionFromJson, distributionToJson } from '../../lib/tuning/distribution-json';
import {
  categoricalDistribution,
  contains,
  floatDistribution,
  intDistribution,
  isCompatible,
  isSingle,
  sameDistribution,
  toExternal,
  toInternal,
} from '../../lib/tuning/distributions';

describe('distributions', () => {
  const float = floatDistribution('x', { low: 0, high: 1 });
  const stepped = floatDistribution('x', { low: 0, high: 0.9, step: 0.3 });
  const int = intDistribution('x', { low: 1, high: 64, log: true });
  const choices = categoricalDistribution('x', ['a', 2, null, true]);

  it('are written as Optuna writes them', () => {
    // json.loads(optuna.distributions.distribution_to_json(FloatDistribution(0, 0.9, step=0.3))), and so on
    assert.deepEqual(JSON.parse(distributionToJson(stepped)), {
      name: 'FloatDistribution',
      attributes: { step: 0.3, low: 0, high: 0.9, log: false },
    });
    assert.deepEqual(JSON.parse(distributionToJson(int)), {
      name: 'IntDistribution',
      attributes: { log: true, step: 1, low: 1, high: 64 },
    });
    assert.deepEqual(JSON.parse(distributionToJson(choices)), {
      name: 'CategoricalDistribution',
      attributes: { choices: ['a', 2, null, true] },
    });
  });

  it('are read as Optuna writes them', () => {
    const text =
      '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}';
    assert.deepEqual(distributionFromJson(text), float);
    for (const each of [float, stepped, int, choices]) {
      assert.deepEqual(distributionFromJson(distributionToJson(each)), each);
    }
    assert.throws(() => distributionFromJson('{"name": "UniformDistribution"}'), { name: 'CourseError' });
  });

  it('contain their ends and their steps, and nothing between', () => {
    assert.deepEqual(
      [0, 0.5, 1, 1.1].map((value) => contains(float, value)),
      [true, true, true, false],
    );
    assert.deepEqual(
      [0, 0.3, 0.6, 0.9, 0.45].map((value) => contains(stepped, value)),
      [true, true, true, true, false],
    );
    assert.deepEqual(
      [3, 4, -1].map((value) => contains(choices, value)),
      [true, false, false],
    );
  });

  it('know a single value when they have one', () => {
    assert.ok(isSingle(floatDistribution('x', { low: 2, high: 2 })));
    assert.ok(isSingle(categoricalDistribution('x', ['only'])));
    assert.ok(!isSingle(float) && !isSingle(intDistribution('x', { low: 1, high: 2 })));
  });

  it('turn choices into indices and back', () => {
    assert.equal(toExternal(choices, 2), null);
    assert.equal(toInternal(choices, true), 3);
    assert.ok(Number.isNaN(toInternal(choices, 'b')));
  });

  it('may change their range from trial to trial, but not what they are', () => {
    const wider = floatDistribution('x', { low: 0, high: 2 });
    assert.ok(isCompatible(float, wider) && !sameDistribution(float, wider));
    assert.ok(!isCompatible(float, floatDistribution('x', { low: 1, high: 2, log: true })));
    assert.ok(!isCompatible(float, int) && !isCompatible(int, choices));
    assert.ok(!isCompatible(choices, categoricalDistribution('x', ['a', 2, null])));
  });

  const wrong: readonly (readonly [() => unknown, string])[] = [
    [
      () => floatDistribution('rate', { low: 2, high: 1 }),
      'rate: expected numbers with low up to high, got 2 to 1; swap or correct them',
    ],
    [
      () => floatDistribution('rate', { low: 0, high: 1, log: true }),
      'rate: expected low above 0 with log, got 0; raise it',
    ],
    [
      () => floatDistribution('rate', { low: 1, high: Number.NaN }),
      'rate: expected numbers with low up to high, got 1 to NaN; swap or correct them',
    ],
    [
      () => floatDistribution('rate', { low: 0, high: 1, step: 0.3 }),
      'rate: expected a step that leads from 0 to 1, got 0.3; use high 0.9 or another step',
    ],
    [
      () => floatDistribution('rate', { low: 1, high: 2, step: 1, log: true }),
      'rate: expected a step or log, got both; leave one out',
    ],
    [
      () => floatDistribution('rate', { low: 1, high: 2, step: 0 }),
      'rate: expected a step above 0, got 0; leave it out or correct it',
    ],
    [
      () => intDistribution('units', { low: 0, high: 8, log: true }),
      'units: expected low of at least 1 with log, got 0; raise it',
    ],
    [
      () => intDistribution('units', { low: 1.5, high: 8 }),
      'units: expected a whole number as low, got 1.5; use suggestFloat',
    ],
    [
      () => intDistribution('units', { low: 1, high: 8, step: 2 }),
      'units: expected a step that leads from 1 to 8, got 2; use high 7 or another step',
    ],
    [() => categoricalDistribution('kind', []), 'kind: expected at least one choice, got none; add one'],
    [
      () => categoricalDistribution('kind', ['a', 'a']),
      'kind: expected different choices, got a twice; remove one',
    ],
  ];
  for (const [make, message] of wrong) {
    it(`refuses: ${message}`, () => {
      assert.throws(make, (error) => error instanceof SearchSpaceError && error.message === message);
    });
  }
});
