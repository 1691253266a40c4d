import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '../../lib/backend';
import { scaleOnly, subset } from '../../lib/data';
import { accuracy, fitTemperature, logLoss, mcnemarTest, predict, softmax } from '../../lib/evaluation';
import { measure } from '../../lib/report';
import { toyDataset } from '../helpers/toy-dataset';

/** Weighs all pixels at random: its answers differ from image to image, and from seed to seed. */
function randomModel(seed: number): tf.LayersModel {
  const kernelInitializer = tf.initializers.randomNormal({ stddev: 0.1, seed });
  return tf.sequential({
    layers: [
      tf.layers.flatten({ inputShape: [12, 12, 3] }),
      tf.layers.dense({ units: 4, kernelInitializer }),
    ],
  });
}

describe('measure', () => {
  const normalization = scaleOnly(3);
  const test = toyDataset({ count: 40, seed: 2 });
  const validation = toyDataset({ count: 24, seed: 3 });
  let models: tf.LayersModel[];

  before(async () => {
    await useBackend();
    models = [1, 2].map(randomModel);
  });
  after(() => {
    for (const model of models) model.dispose();
  });

  it('judges two models on the same images, and fits the temperature on others', async () => {
    const [subject, other] = models.map((model, i) => ({ name: `model ${i}`, model, normalization }));
    const seen: number[] = [];
    const { metrics, comparison, recalibration, robustness } = await measure(subject, test, {
      k: 2,
      validation,
      other,
      robustnessOn: subset(test, [0, 1, 2, 3]),
      onProgress: ({ done }) => seen.push(done),
    });
    const [first, second] = await Promise.all(models.map((model) => predict(model, test, { normalization })));
    assert.equal(metrics.accuracy, accuracy(test.labels, first.predicted));
    assert.notDeepEqual(first.predicted, second.predicted);
    assert.equal(metrics.topK.k, 2);
    assert.equal(comparison?.metrics.accuracy, accuracy(test.labels, second.predicted));
    assert.deepEqual(
      comparison?.mcnemar,
      mcnemarTest(test.labels, { first: first.predicted, second: second.predicted }),
    );
    const held = await predict(models[0], validation, { normalization });
    const temperature = fitTemperature(validation.labels, held.probabilities.map(Math.log), {
      numClasses: 4,
    });
    assert.ok(Math.abs((recalibration?.temperature as number) / temperature - 1) < 1e-4);
    assert.equal(recalibration?.fittedOn, 24);
    assert.equal(recalibration?.metrics.accuracy, metrics.accuracy);
    const cooler = softmax(first.probabilities.map(Math.log), { numClasses: 4, temperature });
    const loss = logLoss(test.labels, cooler, { numClasses: 4 });
    assert.ok(Math.abs((recalibration?.metrics.loss as number) - loss) < 1e-5);
    assert.ok(Math.abs(metrics.loss - loss) > 1e-3);
    assert.equal(robustness?.clean.count, 4);
    assert.equal(seen[0], 40);
  });

  it('measures nothing that it is not asked for', async () => {
    const measured = await measure({ name: 'model', model: models[0], normalization }, test);
    assert.deepEqual(Object.keys(measured), ['metrics']);
  });

  it('says that the weights are damaged where the model gives no numbers', async () => {
    const model = randomModel(1);
    const weights = model.getWeights().map((weight) => tf.fill(weight.shape, Number.NaN));
    model.setWeights(weights);
    await assert.rejects(measure({ name: 'runs/x', model, normalization }, test), {
      name: 'CourseError',
      message: /^runs\/x: the model gives what is no number; its weights are damaged/,
    });
    tf.dispose(weights);
    model.dispose();
  });
});
