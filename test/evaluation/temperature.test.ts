import assert from 'node:assert/strict';
import { logLoss } from '../../lib/evaluation/metrics';
import { fitTemperature, softmax } from '../../lib/evaluation/temperature';

describe('softmax', () => {
  it('gives probabilities, more even ones at a higher temperature', () => {
    const near = (actual: Float64Array, expected: number[]) =>
      expected.forEach((value, i) => {
        assert.ok(Math.abs(actual[i] - value) < 1e-12, `${actual}`);
      });
    near(softmax([0, Math.log(3), 0, 0], { numClasses: 2 }), [0.25, 0.75, 0.5, 0.5]);
    near(softmax([0, 2 * Math.log(3)], { numClasses: 2, temperature: 2 }), [0.25, 0.75]);
    near(softmax([1000, 0], { numClasses: 2 }), [1, 0]);
  });
});

describe('fitTemperature', () => {
  it('finds the temperature at which confidence is accuracy', () => {
    // Three of four right, always with logits 0 and 2 ln 3: confidence 0.9 at 1, 0.75 at 2.
    const logits = [0, 0, 0, 0].flatMap(() => [2 * Math.log(3), 0]);
    const temperature = fitTemperature([0, 0, 0, 1], logits, { numClasses: 2 });
    assert.ok(Math.abs(temperature - 2) < 1e-9, `${temperature}`);
  });

  it('has the smallest cross-entropy around', () => {
    const [labels, logits] = [
      [0, 1, 2, 1],
      [3, 1, 0, 2, 1, 0, 0, 1, 2, 0, 3, 1],
    ];
    const loss = (temperature: number) =>
      logLoss(labels, softmax(logits, { numClasses: 3, temperature }), { numClasses: 3 });
    const best = fitTemperature(labels, logits, { numClasses: 3 });
    assert.ok(loss(best) < loss(best * 1.01) && loss(best) < loss(best / 1.01));
  });
});
