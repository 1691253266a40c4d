import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '../../lib/backend';
import type { Classifier } from '../../lib/interchange';
import { readSafetensorsModel, writeSafetensorsModel } from '../../lib/interchange/safetensors-model';
import { modelNames } from '../../lib/models';
import {
  decodeSafetensors,
  encodeSafetensors,
  type NamedArray,
  type Safetensors,
} from '../../lib/safetensors';
import { courseClassifiers, noise, otherClassifiers, ourProbabilities } from './toy-classifiers';

/** A dense layer on what is left of images of 2 x 2 pixels; 4 inputs, 2 classes. */
function tiny(): Classifier {
  const layers = [
    tf.layers.inputLayer({ inputShape: [2, 2, 1] }),
    tf.layers.flatten(),
    tf.layers.dense({ name: 'dense', units: 2 }),
  ];
  return {
    model: tf.sequential({ name: 'tiny', layers }),
    normalization: { kind: 'scale', mean: [0], std: [1] },
    classNames: ['cat', 'dog'],
    training: {},
  };
}

const weight: NamedArray = { shape: [2, 4], data: Float32Array.from({ length: 8 }, (_, i) => i) };
const bias: NamedArray = { shape: [2], data: Float32Array.of(0.5, -0.5) };
const state = { 'dense.weight': weight, 'dense.bias': bias };

describe('a safetensors file of a classifier', () => {
  let folder: string;
  let file: string;

  before(async () => {
    await useBackend();
  });

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'safetensors-'));
    file = join(folder, 'model.safetensors');
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  const write = (content: Pick<Safetensors, 'tensors'> & Partial<Safetensors>) =>
    writeFileSync(file, encodeSafetensors(content));
  /** What our own file of `tiny` holds. */
  const written = async () => {
    await writeSafetensorsModel(tiny(), file);
    return decodeSafetensors(readFileSync(file));
  };
  const refuses = (message: string | RegExp, like?: tf.LayersModel) =>
    assert.rejects(readSafetensorsModel(file, { like }), {
      name: 'CourseError',
      message: typeof message === 'string' ? `${file}: ${message}` : message,
    });

  for (const name of [...modelNames, 'phone', 'medley', 'flat']) {
    it(`brings back ${name} with the same answers, normalization, class names and facts`, async () => {
      const training = { seed: 7, history: [{ loss: 0.5 }] };
      const { [name]: classifier } = { ...courseClassifiers(), ...otherClassifiers() };
      await writeSafetensorsModel({ ...classifier, training }, file);
      assert.deepEqual(readdirSync(folder), ['model.safetensors']);
      const { model, ...facts } = await readSafetensorsModel(file);
      const { model: _, ...expected } = { ...classifier, training };
      assert.deepEqual(facts, expected);
      const images = noise(classifier);
      const answers = await ourProbabilities({ ...facts, model }, images);
      assert.deepEqual(answers, await ourProbabilities(classifier, images));
    });
  }

  it('leaves no tensors behind, whether it is good or bad', async () => {
    await written();
    const before = tf.memory().numTensors;
    const { model } = await readSafetensorsModel(file);
    assert.equal(tf.memory().numTensors, before + model.weights.length);
    model.dispose();
    await assert.rejects(readSafetensorsModel(file, { classNames: ['cat'] }), /expected 2 class names/);
    await writeSafetensorsModel(tiny(), file); // makes a model of two weights
    assert.equal(tf.memory().numTensors, before + 2);
  });

  it('that PyTorch saved gives a model like the given one its weights, and leaves that as it was', async () => {
    const counter = { shape: [], data: BigInt64Array.of(7n) };
    write({ tensors: { ...state, 'norm.num_batches_tracked': counter } });
    const { model: like } = tiny();
    const before = await like.weights[0].read().data();
    const { model, normalization, classNames, training } = await readSafetensorsModel(file, { like });
    const [kernel, shift] = model.getWeights();
    assert.deepEqual(kernel.arraySync(), [
      [0, 4],
      [1, 5],
      [2, 6],
      [3, 7],
    ]); // [in, out]
    assert.deepEqual(shift.arraySync(), [0.5, -0.5]);
    assert.deepEqual(await like.weights[0].read().data(), before);
    assert.deepEqual(normalization, { kind: 'scale', mean: [0], std: [1] });
    assert.deepEqual(classNames, ['class 0', 'class 1']);
    assert.deepEqual(training, {});
  });

  it('is read with other class names and another normalization where they are given', async () => {
    await written();
    const normalization = { kind: 'standardize', mean: [0.5], std: [0.25] } as const;
    const read = await readSafetensorsModel(file, { classNames: ['a', 'b'], normalization });
    assert.deepEqual(read.normalization, normalization);
    assert.deepEqual(read.classNames, ['a', 'b']);
  });

  it('may hold double precision', async () => {
    write({ tensors: { ...state, 'dense.bias': { shape: [2], data: Float64Array.of(0.1, 0.2) } } });
    const { model } = await readSafetensorsModel(file, { like: tiny().model });
    assert.deepEqual([...model.getWeights()[1].dataSync()], [Math.fround(0.1), Math.fround(0.2)]);
  });

  it('is refused where its tensors are others than the network has, by their names', async () => {
    const { 'dense.weight': kernel } = state;
    const { model: like } = tiny();
    write({ tensors: { 'head.weight': kernel, 'dense.bias': { ...bias, shape: [1, 2] } } });
    await refuses(
      'the tensors do not fit the network: it lacks dense.weight; it has head.weight, which the network has not; ' +
        'it has dense.bias of [1, 2] instead of [2]',
      like,
    );
    const many = Array.from({ length: 9 }, (_, i) => [`layer${i}.weight`, bias]);
    write({ tensors: { ...state, ...Object.fromEntries(many) } });
    await refuses(
      /it has layer0.weight, layer1.weight, layer2.weight and 6 more, which the network has not/,
      like,
    );
  });

  it('is refused where a weight is not a finite floating-point number', async () => {
    const { model: like } = tiny();
    for (const [data, cause] of [
      [Float32Array.of(1, Number.NaN), 'expected finite numbers, got NaN at 1'],
      [Float32Array.of(Number.NEGATIVE_INFINITY, 1), 'expected finite numbers, got -Infinity at 0'],
      [Float64Array.of(1e300, 1), 'expected finite numbers, got 1e+300 at 0'], // too large for float32
      [Int32Array.of(1, 2), 'expected floating-point numbers, got whole ones'],
    ] as const) {
      write({ tensors: { ...state, 'dense.bias': { shape: [2], data } } });
      await refuses(new RegExp(`^${file}: tensor dense.bias: ${cause.replace('+', '\\+')}`), like);
    }
  });

  it('is refused where it is missing, damaged, cut off or says nothing of its network', async () => {
    await refuses('there is no such file');
    write({ tensors: state });
    await refuses('it has tensors, but not the network that they belong to; name that, with --like');
    await written();
    const bytes = readFileSync(file);
    for (const [end, message] of [
      [4, /a safetensors file of 8 bytes or more, got 4/],
      [100, /a safetensors header of at most 92 bytes/],
      [bytes.length - 1, /40 bytes of numbers behind the header, got 39/],
    ] as const) {
      writeFileSync(file, bytes.subarray(0, end));
      await refuses(message);
    }
    bytes.writeBigUInt64LE(2n ** 62n);
    writeFileSync(file, bytes);
    await refuses(/a safetensors header of at most \d+ bytes, got 46116/);
  });

  it('made to harm is refused with one short sentence, before it costs memory', async () => {
    const { tensors, metadata } = await written();
    const network = JSON.parse(metadata.network);
    const [input, flatten, dense] = network.layers;
    const deep = `${'['.repeat(1e5)}${']'.repeat(1e5)}`;
    const withLayers = (...layers: unknown[]) => JSON.stringify({ ...network, layers });
    const cases: readonly (readonly [string, Partial<Record<string, string>>])[] = [
      ['network is no JSON', { network: 'hello' }],
      ['no object', { network: '[]' }],
      ['no layers', { network: '{"name":"a","inputShape":[2,2,1]}' }],
      ['nested deeply', { network: `{"name":${deep}}` }],
      [
        'nested deeply in a layer',
        {
          network: withLayers(input, flatten, { ...dense, config: 'DEEP' }).replace(
            '"DEEP"',
            `{"units":${deep}}`,
          ),
        },
      ],
      ['no input shape', { network: JSON.stringify({ ...network, inputShape: [2, 2] }) }],
      ['a huge image', { network: JSON.stringify({ ...network, inputShape: [2 ** 30, 2 ** 30, 1] }) }],
      ['a layer that is none', { network: withLayers(input, 7) }],
      ['an unknown layer', { network: withLayers(input, { ...flatten, className: 'Lambda' }, dense) }],
      ['a layer of Object', { network: withLayers(input, flatten, { ...dense, className: 'constructor' }) }],
      ['a layer twice', { network: withLayers(input, flatten, dense, dense) }],
      [
        'a huge dense layer',
        { network: withLayers(input, flatten, { ...dense, config: { ...dense.config, units: 2 ** 24 } }) },
      ],
      [
        'a huge order of features',
        {
          network: withLayers(
            { ...input, outputShape: [2 ** 10, 2 ** 10, 2 ** 10] },
            { ...flatten, outputShape: [2 ** 30] },
            dense,
          ),
        },
      ],
      [
        'huge weights',
        { network: withLayers(input, flatten, { ...dense, weights: { kernel: [4, 2 ** 30], bias: [2] } }) },
      ],
      [
        'foreign weights',
        { network: withLayers(input, flatten, { ...dense, weights: { kernel: [4, 2], toString: [2] } }) },
      ],
      ['no inputs', { network: withLayers(input, flatten, { ...dense, inputs: [] }) }],
      ['a loop', { network: withLayers(input, { ...flatten, inputs: ['dense'] }, dense) }],
      ['a normalization that is none', { normalization: '{"kind":"scale"}' }],
      ['class names that are none', { class_names: '"cat"' }],
      ['class names that are no JSON', { class_names: 'cat' }],
    ];
    for (const [what, changed] of cases) {
      write({ tensors, metadata: { ...metadata, ...changed } as Record<string, string> });
      const { numTensors } = tf.memory();
      await assert.rejects(
        readSafetensorsModel(file),
        (error: Error) => {
          assert.equal(error.name, 'CourseError', `${what}: ${error.stack}`);
          assert.ok(error.message.startsWith(`${file}: `), what);
          assert.ok(error.message.length < file.length + 500 && !error.message.includes('\n'), error.message);
          return true;
        },
        what,
      );
      assert.equal(tf.memory().numTensors, numTensors, what);
    }
  });
});
