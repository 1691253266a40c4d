import assert from 'node:assert/strict';
import { useBackend } from '../../lib/backend';
import { EarlyStopping, type EpochRecord, readWeights, train, writeWeights } from '../../lib/training';
import { images, options, toyNetwork, validation } from './toys';

const nothing = { durationMs: 1, imagesPerSecond: 1, loss: 0, accuracy: 0 };

/** How many epochs it lets pass, and the epoch whose weights the model has in the end. */
function watch(stopping: EarlyStopping, records: readonly Partial<EpochRecord>[]) {
  const model = toyNetwork();
  const zeros = readWeights(model).map(({ shape, data }) => ({ shape, data: data.map(() => 0) }));
  const weightsOf = (epoch: number) =>
    zeros.map(({ shape, data }) => ({ shape, data: data.map(() => epoch) }));
  const context = { model, step: 0, totalSteps: 1 };
  let epoch = 0;
  for (const record of records) {
    epoch++;
    writeWeights(model, weightsOf(epoch));
    if (stopping.onEpochEnd({ ...nothing, epoch, ...record }, context) === 'stop') break;
  }
  stopping.onTrainEnd(context);
  return { epochs: epoch, weightsOf: readWeights(model)[0].data[0], best: stopping.bestEpoch };
}

describe('EarlyStopping', () => {
  before(async () => {
    await useBackend();
  });

  it('waits as long as it was told, and restores the best weights', () => {
    const records = [3, 2, 2.5, 2.1, 2.2, 1].map((validationLoss) => ({ validationLoss }));
    assert.deepEqual(watch(new EarlyStopping({ patience: 3 }), records), {
      epochs: 5,
      weightsOf: 2,
      best: 2,
    });
    assert.deepEqual(watch(new EarlyStopping({ patience: 4 }), records), {
      epochs: 6,
      weightsOf: 6,
      best: 6,
    });
  });

  it('wants accuracies to rise', () => {
    const records = [0.5, 0.7, 0.6].map((validationAccuracy) => ({ validationAccuracy }));
    const stopping = new EarlyStopping({ monitor: 'validationAccuracy', patience: 1 });
    assert.deepEqual(watch(stopping, records), { epochs: 3, weightsOf: 2, best: 2 });
  });

  it('takes only what is better by minDelta for a new best', () => {
    const records = [1, 0.95, 0.94].map((validationLoss) => ({ validationLoss }));
    assert.equal(watch(new EarlyStopping({ patience: 2, minDelta: 0.1 }), records).best, 1);
  });

  it('ends a training that learns nothing any more', async () => {
    const stopping = new EarlyStopping({ monitor: 'accuracy', patience: 2 });
    const history = await train(toyNetwork({ dropout: 0 }), images, {
      ...options,
      epochs: 30,
      callbacks: [stopping],
    });
    assert.ok(history.length < 30, `${history.length} epochs`);
    assert.equal(history.length, (stopping.bestEpoch ?? 0) + 2);
  });

  it('needs validation images where it watches them', async () => {
    const callbacks = [new EarlyStopping()];
    await assert.rejects(train(toyNetwork(), images, { ...options, validation: undefined, callbacks }), {
      name: 'CourseError',
      message: /watches validationLoss, which needs validation images/,
    });
    assert.ok(validation.count > 0);
  });
});
