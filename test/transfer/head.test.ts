import assert from 'node:assert/strict';
import { chooseHead, type Features, fitHead, type Head, headAccuracy } from '../../lib/transfer';
import { assertClose } from '../models/checks';

// 30 rows of three classes; the features are of very different sizes.
const count = 30;
const labels = Uint8Array.from({ length: count }, (_, i) => i % 3);
const features: Features = rows(count, (i) => [
  Math.sin(1.7 * i) + 0.8 * labels[i],
  100 + 20 * Math.cos(2.3 * i) - 15 * (labels[i] === 1 ? 1 : 0),
  0.01 * Math.sin(0.9 * i),
]);

function rows(count: number, row: (i: number) => number[]): Features {
  const values = Array.from({ length: count }, (_, i) => row(i));
  return { data: Float32Array.from(values.flat()), count, size: values[0].length, seconds: 0 };
}

/** Softmax of the head's logits for the first rows, row-major. */
function probabilities({ kernel, bias }: Head, { data, size }: Features, count: number): number[] {
  return Array.from({ length: count }, (_, n) => {
    const logits = Array.from(bias, (b, k) =>
      data.subarray(n * size, (n + 1) * size).reduce((sum, x, d) => sum + x * kernel[d * bias.length + k], b),
    );
    const powers = logits.map(Math.exp);
    return powers.map((power) => power / powers.reduce((a, b) => a + b, 0));
  }).flat();
}

describe('fitHead', () => {
  // scikit-learn 1.9.1: z = StandardScaler().fit_transform(x);
  // LogisticRegression(C=1 / (30 * l2), tol=1e-12, max_iter=10000).fit(z, labels).predict_proba(z[:4])
  const cases: [number, number[]][] = [
    [
      0.01,
      // biome-ignore format: a row each
      [0.820393, 0.087513, 0.092095,  0.018665, 0.57257, 0.408765,  0.076455, 0.265008, 0.658537,  0.950393, 0.040798, 0.008809],
    ],
    [
      0.3,
      // biome-ignore format: a row each
      [0.54882, 0.187921, 0.263259,  0.135023, 0.487624, 0.377353,  0.233265, 0.313049, 0.453686,  0.682113, 0.176145, 0.141742],
    ],
  ];

  for (const [l2, expected] of cases) {
    it(`gives the probabilities of scikit-learn's logistic regression with a penalty of ${l2}`, () => {
      const head = fitHead(features, labels, { numClasses: 3, l2 });
      assertClose(probabilities(head, features, 4), expected, 2e-5);
    });
  }

  it('does not mind in which units a feature is', () => {
    const scaled = rows(count, (i) => {
      const [a, b, c] = features.data.subarray(3 * i, 3 * i + 3);
      return [1000 * a - 7, b, c / 50];
    });
    const [head, other] = [features, scaled].map((each) => fitHead(each, labels, { numClasses: 3 }));
    const expected = probabilities(head, features, count);
    assertClose(probabilities(other, scaled, count), expected, 1e-4);
  });

  it('gives a feature that never varies no say', () => {
    const constant = rows(count, (i) => [features.data[3 * i], 4]);
    const { kernel } = fitHead(constant, labels, { numClasses: 3 });
    assert.deepEqual([...kernel.subarray(3)], [0, 0, 0]);
    assert.ok(kernel.subarray(0, 3).every((weight) => weight !== 0));
  });
});

describe('chooseHead', () => {
  // Of 64 features four say something of the class; 12 rows are few enough to be learned by heart.
  const noisy = (count: number, phase: number) => ({
    labels: Uint8Array.from({ length: count }, (_, i) => i % 2),
    features: rows(count, (i) =>
      Array.from({ length: 64 }, (_, d) => {
        const digits = 43758.5453 * Math.sin(12.9898 * (i * 64 + d + 1) + 78.233 * phase);
        return 2 * (digits - Math.floor(digits)) - 1 + (d < 4 ? 0.8 * (i % 2) : 0);
      }),
    ),
  });
  const [training, validation] = [noisy(12, 0), noisy(200, 1)];
  const accuracyAt = (l2: number) => {
    const head = fitHead(training.features, training.labels, { numClasses: 2, l2 });
    return headAccuracy(head, validation.features, validation.labels);
  };

  it('tries each strength, and keeps the head that does best on the validation features', () => {
    const l2s = [0.001, 1, 100];
    const { head, l2, trials } = chooseHead(training, validation, { numClasses: 2, l2s });
    assert.deepEqual(
      trials.map((trial) => trial.l2),
      [100, 1, 0.001],
    );
    for (const trial of trials) {
      assert.ok(Math.abs(trial.validationAccuracy - accuracyAt(trial.l2)) < 0.011, `l2 ${trial.l2}`);
    }
    const best = Math.max(...trials.map(({ validationAccuracy }) => validationAccuracy));
    assert.ok(
      trials.some(({ validationAccuracy }) => validationAccuracy < best),
      'all do equally well',
    );
    assert.equal(trials.find((trial) => trial.l2 === l2)?.validationAccuracy, best);
    assert.equal(headAccuracy(head, validation.features, validation.labels), best);
  });

  it('takes the strongest penalty of those that do equally well', () => {
    const itself = { features: training.features, labels: training.labels };
    const { l2, trials } = chooseHead(training, itself, { numClasses: 2, l2s: [0.001, 0.003, 0.01] });
    assert.deepEqual(
      trials.map(({ validationAccuracy }) => validationAccuracy),
      [1, 1, 1],
    );
    assert.equal(l2, 0.01);
  });

  it('wants a strength to try', () => {
    assert.throws(() => chooseHead(training, validation, { numClasses: 2, l2s: [] }), RangeError);
  });
});

describe('headAccuracy', () => {
  it('is the share of rows whose largest logit is that of their label', () => {
    const head = { kernel: Float32Array.of(1, 0, 0, 1), bias: Float32Array.of(0, 0.5) };
    const three = rows(
      3,
      (i) =>
        [
          [1, 0.2],
          [1, 0.8],
          [0, 0],
        ][i],
    ); // class 0, class 1, class 1 by the bias
    assert.equal(headAccuracy(head, three, Uint8Array.of(0, 1, 0)), 2 / 3);
  });
});
