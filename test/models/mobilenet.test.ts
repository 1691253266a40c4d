import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '../../lib/backend';
import { buildMobilenet } from '../../lib/models';
import {
  assertClose,
  checkLearning,
  checkOutputs,
  checkSaving,
  checkSeeds,
  shapeOf,
  trainedParameters,
} from './checks';

/** What mobilenet_fixture.py writes. */
interface Fixture {
  readonly cases: readonly {
    readonly height: number;
    readonly width: number;
    readonly alpha: number;
    /** null: without the dense layer. */
    readonly classes: number | null;
    /** Of two images, row-major. */
    readonly outputs: readonly number[];
  }[];
}

const fixture: Fixture = JSON.parse(readFileSync(join(__dirname, 'mobilenet.json'), 'utf8'));

describe('buildMobilenet', () => {
  const small = { inputShape: [40, 40, 3], numClasses: 4, alpha: 0.125 } as const;

  before(() => useBackend());

  for (const { height, width, alpha, classes, outputs } of fixture.cases) {
    it(`gives what Keras gives for images of ${height} x ${width} and alpha ${alpha}`, () => {
      const model = buildMobilenet({
        inputShape: [height, width, 3],
        alpha,
        numClasses: classes ?? undefined,
      });
      setNoise(model);
      tf.tidy(() => {
        const given = model.predict(noise([2, height, width, 3], 0)) as tf.Tensor;
        const largest = Math.max(...outputs.map(Math.abs));
        assertClose(given.dataSync(), outputs, 1e-5 * Math.max(1, largest));
      });
      model.dispose();
    });
  }

  it("has the paper's 4.2 million parameters, and 470,072 at a quarter of the width", () => {
    const full = buildMobilenet({ inputShape: [224, 224, 3], numClasses: 1000 });
    const quarter = buildMobilenet({ inputShape: [224, 224, 3], numClasses: 1000, alpha: 0.25 });
    assert.equal(trainedParameters(full), 4_231_976);
    assert.equal(trainedParameters(quarter), 470_072);
    assert.deepEqual(shapeOf(full, 'conv_pw_13_relu'), [7, 7, 1024]);
    for (const model of [full, quarter]) model.dispose();
  });

  it('ends in its features without a number of classes', () => {
    const model = buildMobilenet({ inputShape: [32, 32, 3], alpha: 0.25 });
    assert.deepEqual(model.outputs[0].shape, [null, 256]);
    model.dispose();
  });

  it('starts from the weights of its seed, in each layer others', () =>
    checkSeeds((seed) => buildMobilenet({ ...small, seed })));

  it('gives logits, or probabilities where asked for', () =>
    checkOutputs((options) => buildMobilenet({ ...options, alpha: 0.25 }), small));

  it('learns 32 random images by heart, compiled where the backend can', async () => {
    const model = buildMobilenet(small);
    await checkLearning(model, { steps: 40, learningRate: 0.01 });
    model.dispose();
  });

  it('answers the same after it was saved and loaded', async () => {
    const model = buildMobilenet(small);
    (await checkSaving(model)).dispose();
    model.dispose();
  });
});

/** Numbers of -1 to 1 that look random, another series for each phase, as in mobilenet_fixture.py. */
function noise(shape: readonly number[], phase: number): tf.Tensor {
  const count = tf.util.sizeFromShape([...shape]);
  const values = Float32Array.from({ length: count }, (_, i) => {
    const digits = 43758.5453 * Math.sin(12.9898 * (i + 1) + 78.233 * phase);
    return 2 * (digits - Math.floor(digits)) - 1;
  });
  return tf.tensor(values, [...shape]);
}

/** Gives each weight of `model` the values that mobilenet_fixture.py gives Keras's. */
function setNoise(model: tf.LayersModel): void {
  let phase = 0;
  const valueFor = (name: string, shape: readonly number[]) => {
    const values = noise(shape, ++phase);
    if (name.endsWith('gamma')) return tf.add(1, tf.mul(values, 0.2));
    if (name.endsWith('variance')) return tf.add(1, tf.mul(values, 0.5));
    if (/(beta|mean|bias)$/.test(name)) return tf.mul(values, 0.2);
    const inputs = name.includes('_dw_') ? shape.slice(0, 2) : shape.slice(0, -1);
    return tf.mul(values, Math.sqrt(6 / tf.util.sizeFromShape(inputs)));
  };
  for (const layer of model.layers) {
    tf.tidy(() =>
      layer.setWeights(
        layer.weights.map(({ originalName, shape }) => valueFor(originalName, shape as number[])),
      ),
    );
  }
}
