import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '../../lib/backend';
import { fitStandardization, horizontalFlip } from '../../lib/data';
import {
  compileClassifier,
  crossEntropyFromLogits,
  evaluate,
  readWeights,
  type StepEngine,
  type TrainOptions,
  train,
} from '../../lib/training';
import { toyDataset } from '../helpers/toy-dataset';

/** One small convolution, enough for the toy images. */
function toyModel({ output = 'linear' as 'linear' | 'softmax', seed = 1, learningRate = 0.02 } = {}) {
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({
        inputShape: [12, 12, 3],
        filters: 4,
        kernelSize: 3,
        activation: 'relu',
        kernelInitializer: tf.initializers.glorotUniform({ seed }),
      }),
      tf.layers.flatten(),
      tf.layers.dense({
        units: 4,
        activation: output,
        kernelInitializer: tf.initializers.glorotUniform({ seed: seed + 1 }),
      }),
    ],
  });
  compileClassifier(model, { learningRate });
  return model;
}

describe('train', () => {
  const images = toyDataset({ count: 32 });
  const normalization = fitStandardization(images);
  const options: TrainOptions = {
    normalization,
    epochs: 10,
    batchSize: 8,
    validation: toyDataset({ seed: 2 }),
  };

  before(async () => {
    await useBackend();
  });

  for (const output of ['linear', 'softmax'] as const) {
    it(`overfits 32 images with a ${output} output`, async () => {
      const history = await train(toyModel({ output }), images, options);
      assert.equal(history.length, 10);
      assert.ok(history[0].loss > 0.2, `loss ${history[0].loss}`);
      assert.ok(history[9].loss < 0.05, `loss ${history[9].loss}`);
      assert.equal(history[9].accuracy, 1);
      assert.equal(history[9].validationAccuracy, 1);
    });
  }

  it('gives the same history for the same seed, and another for another', async () => {
    const losses = async (seed: number) => {
      const history = await train(toyModel(), images, {
        ...options,
        epochs: 2,
        seed,
        augment: horizontalFlip(),
      });
      return history.map((record) => [record.loss, record.validationLoss]);
    };
    assert.deepEqual(await losses(3), await losses(3));
    assert.notDeepEqual(await losses(3), await losses(4));
  });

  it('leaves no tensor behind', async () => {
    const model = toyModel();
    await train(model, images, { ...options, epochs: 1 }); // Adam makes its moments in the first step.
    const before = tf.memory().numTensors;
    await train(model, images, { ...options, epochs: 1 });
    assert.equal(tf.memory().numTensors, before);
  });

  it('compiles the steps on the native backend, and says why where it does not', async () => {
    const engines: StepEngine[] = [];
    const onEngine = (engine: StepEngine) => engines.push(engine);
    const compiled = await train(toyModel(), images, { ...options, epochs: 3, onEngine });
    process.env.COURSE_COMPILE = '0';
    const eager = await train(toyModel(), images, { ...options, epochs: 3, onEngine }).finally(() => {
      delete process.env.COURSE_COMPILE;
    });
    const isNative = tf.getBackend() === 'tensorflow';
    assert.equal(engines[0].compiled, isNative);
    assert.deepEqual(JSON.parse(JSON.stringify(engines)), engines); // it is stored with the model
    assert.deepEqual(engines[1], { compiled: false, reason: 'COURSE_COMPILE=0' });
    for (const [epoch, { loss, validationLoss = 0 }] of eager.entries()) {
      assert.ok(Math.abs(compiled[epoch].loss - loss) < 1e-4);
      assert.ok(Math.abs((compiled[epoch].validationLoss ?? 0) - validationLoss) < 1e-4);
    }
  });

  it('follows a schedule, and leaves the optimizer its learning rate', async () => {
    const rates: number[] = [];
    const model = toyModel({ learningRate: 0.02 });
    const schedule = (progress: number) => 1 - progress;
    const rate = () => (model.optimizer as unknown as { learningRate: number }).learningRate;
    const onStepEnd = () => rates.push(rate());
    await train(model, images, {
      ...options,
      epochs: 1,
      schedule,
      callbacks: [{ name: 'watch', onStepEnd }],
    });
    assert.deepEqual(
      rates.map((each) => Math.round(each * 1e6) / 1e6),
      [0.02, 0.015, 0.01, 0.005],
    );
    assert.equal(rate(), 0.02);
  });

  it('clips gradients, compiled and operation by operation alike', async () => {
    const losses = async (more: Partial<TrainOptions>) => {
      const model = toyModel();
      compileClassifier(model, { optimizer: tf.train.sgd(0.5) });
      return (await train(model, images, { ...options, epochs: 2, ...more })).map(({ loss }) => loss);
    };
    const clipped = await losses({ clipNorm: 0.1 });
    process.env.COURSE_COMPILE = '0';
    const eager = await losses({ clipNorm: 0.1 }).finally(() => {
      delete process.env.COURSE_COMPILE;
    });
    for (const [i, loss] of clipped.entries()) assert.ok(Math.abs(loss - eager[i]) < 1e-4, `epoch ${i}`);
    const free = await losses({});
    assert.deepEqual(await losses({ clipNorm: 1e6 }), free); // which none of its gradients reaches
    assert.notDeepEqual(clipped, free);
  });

  it('moves the weights by no more than the clipped length', async () => {
    const model = toyModel();
    compileClassifier(model, { optimizer: tf.train.sgd(1) });
    const before = readWeights(model);
    await train(model, toyDataset({ count: 8 }), { ...options, epochs: 1, clipNorm: 0.01 }); // one step
    const squares = readWeights(model).flatMap(({ data }, i) =>
      Array.from(data, (value, j) => (value - before[i].data[j]) ** 2),
    );
    const length = Math.sqrt(squares.reduce((sum, square) => sum + square, 0));
    assert.ok(Math.abs(length - 0.01) < 1e-4, `length ${length}`);
  });

  it('leaves out a last, smaller batch where it is told to', async () => {
    const steps: number[] = [];
    await train(toyModel(), toyDataset({ count: 13 }), {
      ...options,
      epochs: 1,
      dropRemainder: true,
      onStep: ({ steps: all }) => steps.push(all),
    });
    assert.deepEqual(steps, [1]);
    await assert.rejects(
      train(toyModel(), toyDataset({ count: 4 }), { ...options, dropRemainder: true }),
      /4 images make no batch of 8/,
    );
  });

  it('asks for a loss and an optimizer', async () => {
    const model = tf.sequential({ layers: [tf.layers.flatten({ inputShape: [12, 12, 3] })] });
    await assert.rejects(train(model, images, options), /call compileClassifier\(model\)/);
  });

  it('trains a model that cannot be compiled operation by operation', async () => {
    const model = toyModel();
    compileClassifier(model, { optimizer: tf.train.rmsprop(0.01) });
    const engines: StepEngine[] = [];
    const history = await train(model, images, { ...options, onEngine: (engine) => engines.push(engine) });
    assert.equal(engines.length, 1);
    assert.match(engines[0].reason ?? '', /RMSProp|the backend/);
    assert.ok(history[9].loss < history[0].loss / 2);
  });

  it('counts a last, smaller batch by its images', async () => {
    const seen: number[] = [];
    const thirteen = toyDataset({ count: 13 });
    const history = await train(toyModel(), thirteen, {
      ...options,
      epochs: 1,
      onStep: ({ step, steps }) => seen.push(step / steps),
    });
    assert.deepEqual(seen, [0.5, 1]);
    assert.ok(Number.isInteger(Math.round(history[0].accuracy * 13 * 1e6) / 1e6));
  });

  it('stops after the present step when its signal aborts', async () => {
    const stop = new AbortController();
    let steps = 0;
    const onStep = () => {
      steps++;
      if (steps === 3) stop.abort(new Error('enough'));
    };
    await assert.rejects(train(toyModel(), images, { ...options, onStep, signal: stop.signal }), /enough/);
    assert.equal(steps, 3);
  });

  it('ends with a sentence when the loss is no number', async () => {
    const model = toyModel();
    model.setWeights(model.getWeights().map((weight) => tf.fill(weight.shape, Number.NaN)));
    await assert.rejects(train(model, images, options), {
      name: 'CourseError',
      message: /diverged: the loss is NaN in epoch 1, step 1; try a smaller learning rate/,
    });
  });

  it('lets the event loop run between steps', async () => {
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    await train(toyModel(), images, { ...options, epochs: 20 }).finally(() => clearInterval(timer));
    assert.ok(ticks >= 10, `${ticks} ticks in 80 steps`);
  });
});

describe('evaluate', () => {
  before(async () => {
    await useBackend();
  });

  it('gives loss and accuracy that one computes by hand, whatever the batch size', async () => {
    // A model that always answers logits [0, ln 3, 0, 0]: probabilities 1/6, 1/2, 1/6, 1/6.
    const model = tf.sequential({
      layers: [
        tf.layers.flatten({ inputShape: [12, 12, 3] }),
        tf.layers.dense({ units: 4, kernelInitializer: 'zeros' }),
      ],
    });
    const [kernel] = model.getWeights();
    model.setWeights([kernel, tf.tensor1d([0, Math.log(3), 0, 0])]);
    const dataset = toyDataset({ count: 10 }); // labels 0 1 2 3 0 1 2 3 0 1: three of class 1
    const normalization = fitStandardization(dataset);
    const before = tf.memory().numTensors;
    for (const batchSize of [3, 10, 256]) {
      const result = await evaluate(model, dataset, { normalization, batchSize });
      assert.equal(result.accuracy, 0.3);
      assert.ok(
        Math.abs(result.loss - (7 * Math.log(6) + 3 * Math.log(2)) / 10) < 1e-5,
        `loss ${result.loss}`,
      );
      assert.equal(result.count, 10);
    }
    assert.equal(tf.memory().numTensors, before);
  });
});

describe('crossEntropyFromLogits', () => {
  it('stays finite where softmax followed by a logarithm does not', () => {
    const loss = crossEntropyFromLogits(tf.tensor2d([[0, 1]]), tf.tensor2d([[200, 0]]));
    assert.deepEqual(loss.shape, [1]);
    assert.equal(loss.dataSync()[0], 200);
  });
});

describe("JupyterLab's stop button", () => {
  it('stops the training behind the cell, and no longer listens afterwards', async () => {
    const images = toyDataset({ count: 32 });
    const listeners = process.listenerCount('SIGINT');
    let steps = 0;
    Object.assign(globalThis, { __tslab__: {} }); // the mark of a kernel
    try {
      const training = train(toyModel(), images, {
        normalization: fitStandardization(images),
        epochs: 1000,
        batchSize: 8,
        onStep: () => {
          steps++;
          // The newest listener is train's; mocha has one of its own, which a real signal would reach too.
          if (steps === 3) process.listeners('SIGINT').at(-1)?.('SIGINT');
        },
      });
      await assert.rejects(training, /training interrupted/);
    } finally {
      Reflect.deleteProperty(globalThis, '__tslab__');
    }
    assert.equal(steps, 3);
    assert.equal(process.listenerCount('SIGINT'), listeners);
  });
});
