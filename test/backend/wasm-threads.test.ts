import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { threadCount } from '../../lib/backend/wasm-threads';

/** Trains two steps in a process of its own, which must end by itself; nothing but one line of JSON may be printed. */
async function trainApart(threads: string, before = ''): Promise<Record<string, unknown>> {
  const script = `${before};
    const tf = require('@tensorflow/tfjs');
    (async () => {
      const { device } = await require('./lib/backend').useBackend({ backend: 'wasm' });
      const kernelInitializer = tf.initializers.glorotUniform({ seed: 1 });
      const model = tf.sequential({ layers: [
        tf.layers.conv2d({ inputShape: [16, 16, 3], filters: 16, kernelSize: 3, activation: 'relu', kernelInitializer }),
        tf.layers.maxPooling2d({ poolSize: 2 }),
        tf.layers.flatten(),
        tf.layers.dense({ units: 10, activation: 'softmax', kernelInitializer }),
      ] });
      model.compile({ optimizer: tf.train.sgd(0.1), loss: 'sparseCategoricalCrossentropy' });
      const xs = tf.linspace(-1, 1, 32 * 16 * 16 * 3).sin().reshape([32, 16, 16, 3]);
      const ys = tf.tensor1d(Array.from({ length: 32 }, (_, i) => i % 10));
      await model.trainOnBatch(xs, ys);
      const loss = await model.trainOnBatch(xs, ys);
      const faults = process.listenerCount('uncaughtException') + process.listenerCount('unhandledRejection');
      await new Promise((resolve) => setTimeout(resolve, 100));
      console.log(JSON.stringify({ device, loss, worker: typeof Worker, faults, ended: globalThis.ended }));
    })();`;
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ['-r', 'ts-node/register', '-e', script],
    {
      cwd: join(__dirname, '..', '..'),
      env: { ...process.env, COURSE_WASM_THREADS: threads },
      timeout: 30_000,
    },
  );
  assert.equal(stderr, '', 'something was printed to standard error');
  return JSON.parse(stdout);
}

describe('threads of wasm', () => {
  it('are half of the processors, or the two of a small machine, or as many as asked for', () => {
    const counts = [1, 2, 3, 4, 7, 8, 16, 64].map((processors) => threadCount('', processors));
    assert.deepEqual(counts, [1, 2, 2, 2, 3, 4, 8, 8]);
    assert.equal(threadCount('3', 64), 3);
    for (const wanted of ['0', '9', '2.5', 'many']) {
      assert.throws(() => threadCount(wanted), {
        name: 'CourseError',
        message: `COURSE_WASM_THREADS: expected a whole number from 1 to 8, got ${wanted}`,
      });
    }
  });

  it('compute the same as one thread, leave nothing behind, and let the process end', async () => {
    const one = await trainApart('1');
    assert.equal(one.device, 'CPU, 1 thread, SIMD');
    for (const threads of ['2', '5', '8']) {
      const several = await trainApart(threads);
      const { device, loss, worker, faults } = several;
      assert.deepEqual({ device, loss }, { device: `CPU, ${threads} threads, SIMD`, loss: one.loss });
      assert.deepEqual({ worker, faults }, { worker: 'undefined', faults: 0 });
    }
  });

  it('are left out where they cannot start, and the ones that did are ended', async () => {
    const failsLate = `
      const threads = require('node:worker_threads');
      globalThis.ended = 0;
      threads.Worker = class extends threads.Worker {
        constructor(...options) { super(...options); this.once('exit', () => ended++); }
      };
      WebAssembly.compile = () => Promise.reject(new Error('no memory'))`;
    const late = await trainApart('3', failsLate);
    assert.deepEqual([late.device, late.ended], ['CPU, 1 thread, SIMD', 2]);
    const failsEarly =
      "require('node:worker_threads').Worker = class { constructor() { throw new Error('no') } }";
    const early = await trainApart('3', failsEarly);
    assert.equal(early.device, 'CPU, 1 thread, SIMD');
  });
});
