import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '../../lib/backend';
import { buildNetwork, describeNetwork } from '../../lib/bench/networks';

describe('describeNetwork', () => {
  before(() => useBackend({ backend: 'cpu' }));

  it('counts the work of the small network', () => {
    const { flop, parameters, inputShape } = describeNetwork('small');
    // By hand: output positions * 9 * channels in * channels out, then the dense layers.
    const first = 30 * 30 * 9 * 3 * 32;
    const forward = first + 13 * 13 * 9 * 32 * 64 + 4 * 4 * 9 * 64 * 64 + 1024 * 64 + 64 * 10;
    assert.equal(flop.predict, 2 * forward);
    assert.equal(flop.predict, 9_097_216);
    assert.equal(flop.train, 6 * forward - 2 * first);
    assert.equal(parameters, 122_570);
    assert.deepEqual(inputShape, [32, 32, 3]);
  });

  it('counts the work of the large network: 0.8 GFLOP an image to train', () => {
    const { flop, parameters } = describeNetwork('large');
    const first = 32 * 32 * 9 * 3 * 64;
    const forward =
      first + // the pools leave sides of 16, 8 and 4
      16 * 16 * 9 * 64 * 64 +
      16 * 16 * 9 * 64 * 256 +
      2 * (8 * 8 * 9 * 256 * 256) +
      4 * 4 * 9 * 256 * 256 +
      256 * 10;
    assert.equal(flop.predict, 2 * forward);
    assert.equal(flop.train, 6 * forward - 2 * first);
    assert.ok(Math.abs(flop.train / 1e9 - 0.8) < 0.001, `${flop.train}`);
    const filters = 9 * (3 * 64 + 64 * 64 + 64 * 256 + 3 * 256 * 256);
    const scalesAndOffsets = 2 * (64 + 64 + 4 * 256);
    assert.equal(parameters, filters + scalesAndOffsets + 2570);
  });

  it('describes every layer in order', () => {
    const conv = { kind: 'conv', kernel: 3, padding: 'valid', bias: true };
    const pool = { kind: 'maxPool', size: 2 };
    const relu = { kind: 'relu' };
    assert.deepEqual(describeNetwork('small').layers, [
      ...[{ ...conv, filters: 32 }, relu, pool],
      ...[{ ...conv, filters: 64 }, relu, pool],
      ...[{ ...conv, filters: 64 }, relu, { kind: 'flatten' }],
      ...[{ kind: 'dense', inputs: 1024, units: 64 }, relu, { kind: 'dense', inputs: 64, units: 10 }],
    ]);
    const large = describeNetwork('large').layers;
    assert.deepEqual(large.slice(0, 7), [
      { kind: 'conv', filters: 64, kernel: 3, padding: 'same', bias: false },
      ...[pool, { kind: 'batchNorm', momentum: 0.9, epsilon: 1e-3 }, relu],
      { kind: 'conv', filters: 64, kernel: 3, padding: 'same', bias: false },
      ...[{ kind: 'batchNorm', momentum: 0.9, epsilon: 1e-3 }, relu],
    ]);
    assert.deepEqual(large.slice(-3), [
      { kind: 'maxPool', size: 4 },
      { kind: 'flatten' },
      { kind: 'dense', inputs: 256, units: 10 },
    ]);
  });

  it('leaves no tensor behind', () => {
    const before = tf.memory().numTensors;
    describeNetwork('large');
    assert.equal(tf.memory().numTensors, before);
  });

  it('ends the large network with a dense layer over one pixel', () => {
    const model = buildNetwork('large');
    assert.deepEqual(model.layers.at(-2)?.outputShape, [null, 256]);
    model.dispose();
  });
});
