import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '../../lib/backend';
import { horizontalFlip } from '../../lib/data';
import { decodeSafetensors, encodeSafetensors } from '../../lib/safetensors';
import {
  adamW,
  type Callback,
  cosine,
  EarlyStopping,
  type History,
  lookahead,
  movingAverage,
  readWeights,
  sgd,
  type TrainOptions,
  train,
} from '../../lib/training';
import { images, options, toyNetwork } from './toys';

const optimizers: Record<string, () => tf.Optimizer> = {
  SGD: () => tf.train.sgd(0.05),
  'Nesterov momentum': () => tf.train.momentum(0.02, 0.9, true),
  Adam: () => tf.train.adam(0.01),
  AdamW: () => adamW({ learningRate: 0.01 }),
  'SGD with groups': () =>
    sgd({ learningRate: 0.02, momentum: 0.9, groups: [{ weights: 'dense', frozenAfter: 0.5 }] }),
};

const callbacks: Record<string, () => Callback[]> = {
  'early stopping': () => [new EarlyStopping({ patience: 1 })],
  lookahead: () => [lookahead({ every: 3 })],
  'a moving average': () => [movingAverage({ decay: () => 0.8 })],
};

/** Without what a clock measured. */
function losses(history: History): unknown[] {
  return history.map(({ durationMs, imagesPerSecond, ...facts }) => facts);
}

describe('a checkpoint', () => {
  let folder: string;
  let checkpoint: string;

  before(async () => {
    await useBackend();
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'course-checkpoint-'));
    checkpoint = join(folder, 'checkpoint.safetensors');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Trains, is stopped in the middle of the third epoch, and goes on in a model built anew. */
  async function interrupted(
    build: () => tf.LayersModel,
    more: Partial<TrainOptions>,
    makeCallbacks: () => Callback[] = () => [],
  ): Promise<{ history: History; model: tf.LayersModel }> {
    const stop = new AbortController();
    const onStep: TrainOptions['onStep'] = ({ epoch, step }) => {
      if (epoch === 3 && step === 2) stop.abort(new Error('killed'));
    };
    const rest = { ...options, ...more, checkpoint };
    await assert.rejects(
      train(build(), images, { ...rest, callbacks: makeCallbacks(), onStep, signal: stop.signal }),
      /killed/,
    );
    const model = build();
    const history = await train(model, images, { ...rest, callbacks: makeCallbacks(), resume: true });
    return { history, model };
  }

  async function expectSame(
    build: () => tf.LayersModel,
    more: Partial<TrainOptions> = {},
    makeCallbacks: () => Callback[] = () => [],
  ): Promise<void> {
    const whole = build();
    const expected = await train(whole, images, { ...options, ...more, callbacks: makeCallbacks() });
    const { history, model } = await interrupted(build, more, makeCallbacks);
    assert.deepEqual(losses(history), losses(expected));
    assert.deepEqual(readWeights(model), readWeights(whole));
  }

  describe('lets a killed training end exactly as one that was not', () => {
    for (const [name, optimizer] of Object.entries(optimizers)) {
      it(`with ${name}, dropout, augmentation and a schedule`, () =>
        expectSame(() => toyNetwork({ optimizer: optimizer() }), {
          augment: horizontalFlip(),
          schedule: cosine({ warmup: 0.2 }),
        }));
    }
    for (const [name, make] of Object.entries(callbacks)) {
      it(`with ${name}`, () => expectSame(toyNetwork, {}, make));
    }
    it('in mixed precision', () => expectSame(toyNetwork, { precision: 'mixed_bfloat16' }));
    it('operation by operation', async () => {
      process.env.COURSE_COMPILE = '0';
      await expectSame(toyNetwork).finally(() => {
        delete process.env.COURSE_COMPILE;
      });
    });
  });

  it('tells onEpoch of the epochs before, too', async () => {
    const epochs: number[] = [];
    await interrupted(toyNetwork, { onEpoch: ({ epoch }) => epochs.push(epoch) });
    assert.deepEqual(epochs, [1, 2, 1, 2, 3, 4]); // two before it was killed, then all
  });

  it('of a version that knew one precision only is taken', async () => {
    await train(toyNetwork(), images, { ...options, epochs: 2, checkpoint });
    const { tensors, metadata = {} } = decodeSafetensors(readFileSync(checkpoint));
    const older = JSON.parse(JSON.stringify(metadata).replace(/,\\"precision\\":\\"float32\\"/, ''));
    assert.notDeepEqual(older, metadata);
    writeFileSync(checkpoint, encodeSafetensors({ tensors, metadata: older }));
    const history = await train(toyNetwork(), images, { ...options, epochs: 2, checkpoint, resume: true });
    assert.equal(history.length, 2);
  });

  it('is not needed to resume: without a file the training begins', async () => {
    const history = await train(toyNetwork(), images, { ...options, checkpoint, resume: true });
    assert.equal(history.length, 4);
    assert.ok(existsSync(checkpoint));
  });

  describe('is refused, with the model and the file as they were,', () => {
    /** A new model that is to go on from the file, which must fail. */
    async function refuses(
      expected: RegExp,
      model = toyNetwork(),
      more: Partial<TrainOptions> = {},
    ): Promise<void> {
      const [file, weights] = [readFileSync(checkpoint), readWeights(model)];
      await assert.rejects(train(model, images, { ...options, ...more, checkpoint, resume: true }), {
        name: 'CourseError',
        message: expected,
      });
      assert.deepEqual(readFileSync(checkpoint), file);
      assert.deepEqual(readWeights(model), weights);
    }

    beforeEach(() =>
      train(toyNetwork(), images, { ...options, epochs: 2, checkpoint }).then(() => undefined),
    );

    it('where it was computed with another precision', () =>
      refuses(/begun with precision "float32"/, toyNetwork(), { epochs: 2, precision: 'mixed_bfloat16' }));
    it('where it is of another network', () =>
      refuses(
        /another network: .*kernel: expected the shape \[3,3,3,8\], got \[3,3,3,4\]/,
        toyNetwork({ filters: 8 }),
        {
          epochs: 2,
        },
      ));

    it('where it is of another optimizer', () =>
      refuses(
        /begun with optimizer "Momentum" and cannot go on with "Adam"/,
        toyNetwork({ optimizer: tf.train.adam() }),
        { epochs: 2 },
      ));

    it('where it is of another seed or batch size', async () => {
      await refuses(/begun with seed 1 and cannot go on with 2/, toyNetwork(), { epochs: 2, seed: 2 });
      await refuses(/begun with batchSize 8 and cannot go on with 4/, toyNetwork(), {
        epochs: 2,
        batchSize: 4,
      });
    });

    it('where it is cut short', async () => {
      writeFileSync(checkpoint, readFileSync(checkpoint).subarray(0, 2000));
      await refuses(/checkpoint.safetensors/);
    });

    it('where a number was changed', async () => {
      const bytes = readFileSync(checkpoint);
      bytes[bytes.length - 5] ^= 1;
      writeFileSync(checkpoint, bytes);
      await refuses(/damaged: its numbers are not those that were written/);
    });

    it('where it is no checkpoint', async () => {
      const { tensors } = decodeSafetensors(readFileSync(checkpoint));
      writeFileSync(checkpoint, encodeSafetensors({ tensors }));
      await refuses(/expected a checkpoint \(course-checkpoint 1\), got none/);
    });
  });

  it('is kept when the training diverges', async () => {
    await train(toyNetwork(), images, { ...options, epochs: 4, checkpoint });
    const file = readFileSync(checkpoint);
    const model = toyNetwork();
    model.setWeights(model.getWeights().map((weight) => tf.fill(weight.shape, Number.NaN)));
    await assert.rejects(train(model, images, { ...options, checkpoint }), /diverged/);
    assert.deepEqual(readFileSync(checkpoint), file);
  });
});
