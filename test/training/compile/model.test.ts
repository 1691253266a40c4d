import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '../../../lib/backend';
import { compileClassifier } from '../../../lib/training';
import {
  CompiledModel,
  compileModel,
  computeOnBatch,
  freezeModel,
  UntraceableError,
} from '../../../lib/training/compile';
import { type NodeBackend, nodeBackend } from '../../../lib/training/compile/binding';
import {
  batch,
  classes,
  compare,
  conv,
  differenceOfWeights,
  eagerStep,
  graphsOf,
  l,
  network,
  networks,
  optimizers,
  steps,
} from './networks';

describe('a compiled training step', () => {
  before(async function () {
    const { name } = await useBackend();
    if (name !== 'native') this.skip();
  });

  describe('splits the batch in towers', () => {
    const onGraph = (model: tf.LayersModel, towers: number) =>
      new CompiledModel(model, nodeBackend() as NodeBackend, { towers });
    const convolutions = (compiled: CompiledModel, { xs, ys }: ReturnType<typeof batch>) =>
      compiled.profileStep(xs, ys).filter(({ op }) => /Conv2D$/.test(op)).length;

    it('of any size, to the same result', async () => {
      const build = networks['L1 and L2 penalties'];
      const models = [build(), build()];
      for (const model of models) compileClassifier(model, { optimizer: optimizers.momentum() });
      const [whole, split] = [onGraph(models[0], 1), onGraph(models[1], 3)];
      for (const size of [50, 48, 50, 37, 8]) {
        const { xs, ys } = batch({ size, seed: size }); // 17 + 16 + 17, 16 + 16 + 16, ..., 18 + 19, 8
        const [one, several] = await Promise.all([whole, split].map((model) => model.trainOnBatch(xs, ys)));
        for (const [i, value] of one.entries())
          assert.ok(Math.abs(several[i] - value) < 1e-5 * value, `${size}: ${one} and ${several}`);
      }
      assert.ok(differenceOfWeights(models[0], models[1]) < 1e-4);
      const found = [whole, split].map((model) => convolutions(model, batch({ size: 50 })));
      assert.deepEqual(found, [1, 3]);
      const { xs } = batch({ size: 50, seed: 3 });
      const [expected, predicted] = await Promise.all(
        [whole, split].map((model) => model.predictOnBatch(xs)),
      );
      assert.deepEqual(predicted.shape, [50, classes]);
      for (const [i, value] of expected.data.entries()) assert.ok(Math.abs(predicted.data[i] - value) < 1e-4);
    });

    it('not with batch normalization, nor with a loss that it does not know', async () => {
      const normalized = networks['batch normalization']();
      compileClassifier(normalized);
      assert.equal(convolutions(onGraph(normalized, 3), batch({ size: 50 })), 1);
      const model = networks['max pooling']();
      model.compile({ optimizer: 'sgd', loss: (labels, output) => tf.max(tf.sub(labels, output)) });
      assert.equal(convolutions(onGraph(model, 3), batch({ size: 50 })), 1);
    });

    it('with other masks of dropout in each', async () => {
      const model = tf.sequential({
        layers: [
          l.dropout({ rate: 0.5, inputShape: [500] }),
          l.dense({ units: 1, kernelInitializer: 'ones', useBias: false }),
        ],
      });
      const first = (values: tf.Tensor) => tf.slice(values, [0, 0], [1, 1]);
      model.compile({
        optimizer: tf.train.sgd(0),
        loss: 'meanAbsoluteError',
        metrics: [(_labels, y) => first(y)],
      });
      const xs = { shape: [32, 500], data: new Float32Array(16_000).fill(1) };
      const ys = { shape: [32, 1], data: new Float32Array(32) };
      const compiled = onGraph(model, 2);
      const means: number[] = [];
      for (let step = 0; step < 10; step++) means.push((await compiled.trainOnBatch(xs, ys))[1]);
      // Half of 2 kept + 2 kept: even whenever both towers keep the same.
      assert.ok(
        means.some((mean) => mean % 2 === 1),
        `${means}`,
      );
    });
  });

  it('takes its steps in the order they were asked for', async () => {
    const models = [0, 1].map(() => {
      const model = networks['max pooling']();
      compileClassifier(model, { optimizer: optimizers.Adam() });
      return model;
    });
    const data = Array.from({ length: 12 }, (_, seed) => batch({ seed }));
    const expected: number[][] = [];
    for (const { xs, ys } of data) expected.push(await graphsOf(models[0]).trainOnBatch(xs, ys));
    const compiled = graphsOf(models[1]);
    assert.deepEqual(await Promise.all(data.map(({ xs, ys }) => compiled.trainOnBatch(xs, ys))), expected);
    assert.equal(differenceOfWeights(models[0], models[1]), 0);
  });

  it('takes bytes, and prepares them inside the graph', async () => {
    const models = [0, 1].map(() => {
      const model = networks['dense layers']();
      compileClassifier(model, { optimizer: optimizers.SGD() });
      return model;
    });
    const { ys } = batch();
    const bytes = Uint8Array.from({ length: 8 * 72 }, (_, i) => (i * 37) % 256);
    const shape = [8, 6, 6, 2];
    const halved = { shape, data: Float32Array.from(bytes, (byte) => byte / 128 - 1) };
    const prepare = (xs: tf.Tensor) => tf.sub(tf.div(xs, 128), 1);
    for (let step = 0; step < 3; step++) {
      const [expected] = await graphsOf(models[0]).trainOnBatch(halved, ys);
      const [loss] = await graphsOf(models[1]).trainOnBatch({ shape, data: bytes }, ys, { prepare });
      assert.ok(Math.abs(loss - expected) < 1e-5, `${loss}, expected ${expected}`);
    }
  });

  describe('drops out', () => {
    /** Ones through dropout, and then the mean of it as the only logit that counts. */
    const dropping = (rate: number, seed?: number, times = 1) => {
      const model = tf.sequential({
        layers: [
          l.inputLayer({ inputShape: [1000] }),
          ...Array.from({ length: times }, () => l.dropout({ rate, seed })),
          l.dense({ units: classes, kernelInitializer: 'ones', useBias: false }),
        ],
      });
      model.compile({
        optimizer: tf.train.sgd(0),
        loss: (_labels, output) => tf.mean(output as tf.Tensor, -1),
      });
      return model;
    };
    const ones = { shape: [4, 1000], data: new Float32Array(4000).fill(1) };
    const labels = { shape: [4, classes], data: new Float32Array(4 * classes) };
    const losses = async (model: tf.LayersModel, seed: number) => {
      const compiled = graphsOf(model);
      const found: number[] = [];
      for (let step = 0; step < 5; step++)
        found.push((await compiled.trainOnBatch(ones, labels, { seed }))[0]);
      return found;
    };

    it('another part in every step, the same for the same seed, and another for another', async () => {
      const first = await losses(dropping(0.4), 1);
      assert.equal(new Set(first).size, 5, `${first}`);
      assert.deepEqual(await losses(dropping(0.4), 1), first);
      assert.notDeepEqual(await losses(dropping(0.4), 2), first);
      assert.deepEqual(await losses(dropping(0.4, 7), 2), await losses(dropping(0.4, 7), 1));
    });

    it('the share that it was told, and scales what it keeps', async () => {
      for (const rate of [0.1, 0.5, 0.9]) {
        const mean = (await losses(dropping(rate), 1)).reduce((a, b) => a + b) / 5 / 1000;
        // 20,000 draws, each 0 or 1 / (1 - rate): 4 standard errors.
        assert.ok(Math.abs(mean - 1) < 4 * Math.sqrt(rate / (1 - rate) / 20_000), `${rate}: ${mean}`);
      }
    });

    it('nothing when it predicts', async () => {
      const { data } = await graphsOf(dropping(0.5)).predictOnBatch(ones);
      assert.deepEqual([...data], new Array(4 * classes).fill(1000));
    });

    it('independently in two layers', async () => {
      const [loss] = await losses(dropping(0.5, undefined, 2), 1);
      assert.ok(Math.abs(loss / 1000 - 1) < 4 * Math.sqrt(3 / 4000), `${loss}`); // the same mask twice gives 2
    });
  });

  it('keeps the running statistics of batch normalization, so that predictions agree', async () => {
    const [eager, model] = [networks['batch normalization'](), networks['batch normalization']()];
    for (const each of [eager, model]) compileClassifier(each, { optimizer: tf.train.sgd(0.05) });
    for (let step = 0; step < steps; step++) {
      const data = batch({ seed: step });
      await eagerStep(eager, data);
      await graphsOf(model).trainOnBatch(data.xs, data.ys);
    }
    const { xs } = batch({ seed: 99 });
    const expected = tf.tidy(() =>
      (eager.predict(tf.tensor(xs.data, [...xs.shape])) as tf.Tensor).dataSync(),
    );
    const { data } = await graphsOf(model).predictOnBatch(xs);
    for (let i = 0; i < expected.length; i++) assert.ok(Math.abs(data[i] - expected[i]) < 1e-4);
    // Batch normalization counts 8 * 36 positions: with Bessel's correction the variance would be 288 / 287 of it.
    assert.ok(differenceOfWeights(eager, model) < 1e-4);
  });

  it('leaves neither tensors nor memory behind in 1,000 steps', async () => {
    const model = networks['batch normalization']();
    compileClassifier(model);
    const { xs, ys } = batch();
    const compiled = graphsOf(model);
    const run = async (count: number) => {
      for (let step = 0; step < count; step++) await compiled.trainOnBatch(xs, ys);
    };
    await run(200);
    const tensors = tf.memory().numTensors;
    const before = process.memoryUsage().rss;
    await run(1000);
    assert.equal(tf.memory().numTensors, tensors);
    const grown = (process.memoryUsage().rss - before) / 1e6;
    assert.ok(grown < 20, `${grown} MB more`); // one leaked batch a step would be 2 kB * 1000, weights 25 kB * 1000
  });

  describe('lets one', () => {
    let model: tf.LayersModel;
    const { xs, ys } = batch();
    const step = async () => (await graphsOf(model).trainOnBatch(xs, ys))[0];

    beforeEach(() => {
      model = networks['batch normalization']();
      compileClassifier(model, { optimizer: tf.train.momentum(0.02, 0.9) });
    });

    it('read the weights at any time', async () => {
      const before = model.getWeights()[0].dataSync().slice();
      await step();
      const after = model.getWeights()[0].dataSync().slice();
      assert.notDeepEqual(after, before);
      await step();
      assert.notDeepEqual(model.getWeights()[0].dataSync(), after);
    });

    it('keep a copy of the weights, read or not, while training goes on', async () => {
      await step();
      const unread = model.getWeights()[0].clone();
      const read = model.getWeights()[0].clone();
      const then = read.dataSync().slice();
      await step();
      await step();
      assert.deepEqual(unread.dataSync(), then);
      assert.deepEqual(read.dataSync(), then);
      assert.notDeepEqual(model.getWeights()[0].dataSync(), then);
      tf.dispose([unread, read]);
    });

    it('set the weights at any time', async () => {
      const start = model.getWeights().map((weight) => tf.keep(weight.clone()));
      const first = await step();
      await step();
      model.setWeights(start);
      assert.equal(await step(), first);
    });

    it('go back to where a training was, the optimizer included', async () => {
      await step();
      const { optimizer } = model;
      const weights = model.getWeights().map((weight) => weight.clone());
      const state = (await optimizer.getWeights()).map(({ name, tensor }) => ({
        name,
        tensor: tensor.clone(),
      }));
      const expected = [await step(), await step(), await step()];
      model.setWeights(weights);
      await optimizer.setWeights(state);
      assert.deepEqual([await step(), await step(), await step()], expected);
    });

    it('change the learning rate between steps', async () => {
      const optimizer = model.optimizer as tf.SGDOptimizer;
      const [eager] = [networks['batch normalization']()];
      compileClassifier(eager, { optimizer: tf.train.momentum(0.02, 0.9) });
      for (const rate of [0.02, 0.1, 0, 0.05]) {
        optimizer.setLearningRate(rate);
        (eager.optimizer as tf.SGDOptimizer).setLearningRate(rate);
        const [expected] = await eagerStep(eager, { xs, ys });
        const loss = await step();
        assert.ok(Math.abs(loss - expected) < 1e-4, `${rate}: ${loss}, expected ${expected}`);
      }
    });

    it('change the batch size', async () => {
      const eager = networks['batch normalization']();
      compileClassifier(eager, { optimizer: tf.train.momentum(0.02, 0.9) });
      for (const size of [8, 5, 1, 8, 16, 5]) {
        const data = batch({ size, seed: size });
        const [expected] = await eagerStep(eager, data);
        const [loss] = await graphsOf(model).trainOnBatch(data.xs, data.ys);
        assert.ok(Math.abs(loss - expected) < 1e-4 * expected, `${size}: ${loss}, expected ${expected}`);
      }
    });

    it('train two models at once', async () => {
      const alone: number[] = [];
      for (let i = 0; i < 4; i++) alone.push(await step());
      const two = [0, 1].map(() => {
        const other = networks['batch normalization']();
        compileClassifier(other, { optimizer: tf.train.momentum(0.02, 0.9) });
        return other;
      });
      for (let i = 0; i < 4; i++) {
        const losses = await Promise.all(two.map((other) => graphsOf(other).trainOnBatch(xs, ys)));
        assert.deepEqual(
          losses.map(([loss]) => loss),
          [alone[i], alone[i]],
        );
      }
    });

    it('compile the model anew, with another optimizer and a frozen layer', async () => {
      await step();
      model.layers[1].trainable = false;
      const frozen = model.layers[1].getWeights()[0].dataSync().slice();
      compileClassifier(model, { optimizer: tf.train.adam(0.01) });
      const before = model.getWeights()[3].dataSync().slice();
      await step();
      assert.deepEqual(model.layers[1].getWeights()[0].dataSync(), frozen);
      assert.notDeepEqual(model.getWeights()[3].dataSync(), before);
      assert.equal(model.optimizer.iterations, 1);
    });

    it('take turns with optimizers, though one before them is gone', async () => {
      const eager = networks['batch normalization']();
      eager.setWeights(model.getWeights());
      const [first, second, third] = [1, 2, 3].map(() => [tf.train.adam(0.01), tf.train.adam(0.01)]);
      for (const turn of [first, second, third, second, third]) {
        compileClassifier(eager, { optimizer: turn[0] });
        compileClassifier(model, { optimizer: turn[1] });
        const [expected] = await eagerStep(eager, { xs, ys });
        const loss = await step();
        assert.ok(Math.abs(loss - expected) < 1e-4, `${loss}, expected ${expected}`);
        if (turn === first) for (const optimizer of first) optimizer.dispose();
      }
      assert.ok(differenceOfWeights(eager, model) < 1e-3);
    });

    it('go on without the graph', async () => {
      const eager = networks['batch normalization']();
      compileClassifier(eager, { optimizer: tf.train.momentum(0.02, 0.9) });
      await step();
      await eagerStep(eager, { xs, ys });
      graphsOf(model).dispose();
      const [loss] = await eagerStep(model, { xs, ys });
      const [expected] = await eagerStep(eager, { xs, ys });
      assert.ok(Math.abs(loss - expected) < 1e-4, `${loss}, expected ${expected}`);
    });

    it('do something else meanwhile', async () => {
      let turns = 0;
      const training = Promise.all([step(), step(), step()]).finally(() => {
        turns = -turns;
      });
      while (turns >= 0 && turns < 1e6) {
        turns++;
        await setImmediate();
      }
      await training;
      assert.ok(turns < -1, 'the main thread was blocked');
    });

    it('see a NaN as it comes', async () => {
      const broken = { ...xs, data: Float32Array.from(xs.data, () => Number.NaN) };
      const [loss] = await graphsOf(model).trainOnBatch(broken, ys);
      assert.ok(Number.isNaN(loss));
    });
  });

  it('refuses a model that was disposed', async () => {
    const model = networks['max pooling']();
    compileClassifier(model);
    const compiled = graphsOf(model);
    const { xs, ys } = batch();
    await compiled.trainOnBatch(xs, ys);
    model.dispose();
    await assert.rejects(compiled.trainOnBatch(xs, ys), /disposed/);
  });
});

describe('compileModel', () => {
  /** Multiplies by a number that it draws in JavaScript, where no graph sees it. */
  class Noise extends l.Layer {
    static readonly className = 'Noise';
    override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
      return tf.mul(Array.isArray(inputs) ? inputs[0] : inputs, Math.random());
    }
  }
  class Doubled extends l.Layer {
    static readonly className = 'Doubled';
    static readonly traceable = true;
    override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
      return tf.mul(Array.isArray(inputs) ? inputs[0] : inputs, 2);
    }
  }
  class Peeking extends l.Layer {
    static readonly className = 'Peeking';
    static readonly traceable = true;
    override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
      const x = Array.isArray(inputs) ? inputs[0] : inputs;
      return tf.mul(x, x.dataSync()[0]);
    }
  }

  before(async function () {
    const { name } = await useBackend();
    if (name !== 'native') this.skip();
  });

  it('says which layer it does not know, and takes one that says it is traceable', async () => {
    const unknown = network(() => [new Noise({ name: 'my_noise' })])();
    assert.match(compileModel(unknown).reason ?? '', /the layer my_noise is a Noise/);
    const inside = network(() => [
      tf.sequential({ layers: [l.gaussianNoise({ stddev: 1, inputShape: [6, 6, 2] })] }),
    ])();
    assert.match(compileModel(inside).reason ?? '', /is a GaussianNoise/);
    const { ofLosses } = await compare(
      network(() => [conv(), new Doubled({})]),
      optimizers.SGD,
    );
    assert.ok(ofLosses < 1e-4);
  });

  it('falls back, with the reason, where a step reads values, and leaves the weights as they are', async () => {
    const model = network(() => [conv(), new Peeking({})])();
    compileClassifier(model);
    const { xs, ys } = batch();
    const before = model.getWeights()[0].dataSync().slice();
    await assert.rejects(graphsOf(model).trainOnBatch(xs, ys), (error) => {
      assert.ok(error instanceof UntraceableError);
      assert.match(error.message, /reads the values/);
      return true;
    });
    assert.deepEqual(model.getWeights()[0].dataSync(), before);
    const output = await computeOnBatch(model, 'predict', (x) => model.apply(x) as tf.Tensor, [xs]);
    assert.deepEqual(output.shape, [8, classes]);
    assert.match(compileModel(model).reason ?? '', /reads the values/);
  });

  it('freezes the weights for prediction, until they change', async () => {
    const model = networks['batch normalization']();
    compileClassifier(model, { optimizer: optimizers.SGD() });
    const { xs, ys } = batch({ size: 40 });
    const answers = async () => {
      const frozen = freezeModel(model).compiled;
      assert.ok(frozen);
      await assert.rejects(frozen.trainOnBatch(xs, ys), /frozen/);
      const [{ data: expected }, { data }] = await Promise.all([
        graphsOf(model).predictOnBatch(xs),
        frozen.predictOnBatch(xs),
      ]);
      for (const [i, value] of expected.entries()) assert.ok(Math.abs(data[i] - value) < 1e-4);
      return { frozen, data };
    };
    const first = await answers();
    assert.equal((await answers()).frozen, first.frozen);
    await graphsOf(model).trainOnBatch(xs, ys);
    const trained = await answers();
    assert.notDeepEqual(trained.data, first.data);
    model.setWeights(model.getWeights().map((weight) => tf.mul(weight, 2)));
    assert.notDeepEqual((await answers()).data, trained.data);
  });

  it('names the optimizers that it knows', async () => {
    const model = networks['dense layers']();
    compileClassifier(model, { optimizer: tf.train.rmsprop(0.01) });
    const { xs, ys } = batch();
    await assert.rejects(
      graphsOf(model).trainOnBatch(xs, ys),
      /RMSProp has no compiled update; SGD, momentum, Adam/,
    );
  });

  it('does not compile with COURSE_COMPILE=0, nor on another backend', async () => {
    const model = networks['dense layers']();
    process.env.COURSE_COMPILE = '0';
    try {
      assert.equal(compileModel(model).reason, 'COURSE_COMPILE=0');
    } finally {
      delete process.env.COURSE_COMPILE;
    }
    await tf.setBackend('cpu');
    try {
      assert.match(compileModel(model).reason ?? '', /the backend cpu computes operation by operation/);
    } finally {
      await tf.setBackend('tensorflow');
    }
  });
});
