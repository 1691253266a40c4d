import assert from 'node:assert/strict';
import {
  accuracy,
  bootstrapInterval,
  confusionInterval,
  confusionMatrix,
  pick,
  precisionRecallF1,
  wilsonInterval,
} from '../../lib/evaluation';
import { createDraw } from './cases';

const accuracyOf = (matrix: readonly (readonly number[])[]) =>
  matrix.reduce((sum, row, c) => sum + row[c], 0) / matrix.flat().reduce((a, b) => a + b);

describe('confusionInterval', () => {
  it('of accuracy is near the interval of a share', () => {
    const matrix = [
      [300, 60],
      [40, 100],
    ];
    const { estimate, low, high } = confusionInterval(matrix, { metric: accuracyOf });
    const wilson = wilsonInterval(400, 500);
    assert.equal(estimate, 0.8);
    assert.ok(Math.abs(low - wilson.low) < 0.006, `${low}, ${wilson.low}`);
    assert.ok(Math.abs(high - wilson.high) < 0.006, `${high}, ${wilson.high}`);
  });

  it('is near that of drawing images, for macro F1', () => {
    const draw = createDraw(5);
    const labels = Array.from({ length: 300 }, () => draw(3));
    const predictions = labels.map((label) => (draw(3) > 0 ? label : draw(3)));
    const macroF1 = (matrix: readonly (readonly number[])[]) => precisionRecallF1(matrix).macro.f1;
    const byImages = bootstrapInterval(300, {
      metric: (indices) =>
        macroF1(confusionMatrix(pick(labels, indices), pick(predictions, indices), { numClasses: 3 })),
    });
    const byCells = confusionInterval(confusionMatrix(labels, predictions, { numClasses: 3 }), {
      metric: macroF1,
    });
    assert.equal(byCells.estimate, byImages.estimate);
    for (const end of ['low', 'high'] as const) assert.ok(Math.abs(byCells[end] - byImages[end]) < 0.01);
    assert.ok(accuracy(labels, predictions) > 0.5);
  });

  it('has the same draws for the same seed, and refuses an empty matrix', () => {
    const draw = (seed: number) => confusionInterval([[3, 2], [1, 4]], { metric: accuracyOf, seed }); // biome-ignore format: a matrix
    assert.deepEqual(draw(1), draw(1));
    const single = confusionInterval([[0, 5], [0, 0]], { metric: accuracyOf }); // biome-ignore format: a matrix
    assert.deepEqual(single, { estimate: 0, low: 0, high: 0 }); // no draw falls into an empty cell
    assert.throws(() => confusionInterval([[0]], { metric: accuracyOf }), /at least one image/);
  });
});
