import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { Batcher, type BatchingOptions, type Clock } from '../../lib/serving/batcher';
import type { Engine } from '../../lib/serving/engine';
import type { ModelDescription } from '../../lib/serving/model-description';
import type { Servable } from '../../lib/serving/servable';
import { type Worker, WorkerDied } from '../../lib/serving/worker-process';

export const inputShape = [2, 2, 3] as const;
export const imageSize = 12;
export const classNames = ['dark', 'bright'] as const;

/** How bright an image is, 0 to 1, as the probabilities [dark, bright]: easy to check by hand. */
export async function brightness(pixels: Uint8Array, count: number): Promise<Float32Array> {
  const probabilities = new Float32Array(2 * count);
  const size = pixels.length / count;
  for (let n = 0; n < count; n++) {
    const sum = pixels.subarray(n * size, (n + 1) * size).reduce((total, byte) => total + byte, 0);
    probabilities.set([1 - sum / size / 255, sum / size / 255], n * 2);
  }
  return probabilities;
}

/** `count` images of bytes that are all `value`. */
export function plain(value: number, count = 1, size = imageSize): Uint8Array {
  return new Uint8Array(count * size).fill(value);
}

export const description: ModelDescription = { inputShape, classNames, digest: 'fake' };

export function fakeEngine(predict = brightness, name: Engine['name'] = 'tensorflow'): Engine {
  return { name, predict, close: async () => undefined };
}

/** A worker that can be made to die. */
export function fakeWorker(pid: number, predict: Engine['predict'] = brightness) {
  let die = (_reason: string): void => undefined;
  const ended = new Promise<string>((resolve) => {
    die = resolve;
  });
  const worker: Worker & { die(reason: string): void } = {
    name: 'tensorflow',
    pid,
    description,
    ended,
    die,
    predict: (pixels, count) =>
      Promise.race([
        predict(pixels, count),
        ended.then((reason) => {
          throw new WorkerDied(reason);
        }),
      ]),
    close: async () => die('closed'),
  };
  return worker;
}

/** A model in this process, as it would be loaded. */
export function fakeServable({
  predict = brightness,
  shape = inputShape,
  batching = {},
  folder = '',
}: {
  readonly predict?: Engine['predict'];
  readonly shape?: readonly [number, number, number];
  readonly batching?: BatchingOptions;
  readonly folder?: string;
} = {}): Servable & { closed: boolean } {
  const batcher = new Batcher({ compute: predict, ...batching });
  const servable = {
    ...description,
    folder,
    inputShape: shape,
    engine: 'tensorflow' as const,
    maxBatchSize: batcher.maxBatchSize,
    pids: [1],
    closed: false,
    get queuedImages() {
      return batcher.queuedImages;
    },
    predict: batcher.submit.bind(batcher),
    close: async () => {
      servable.closed = true;
    },
  };
  return servable;
}

/** A promise that is settled from outside. */
export function deferred<T>() {
  let resolve = (_value: T): void => undefined;
  let reject = (_error: Error): void => undefined;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

/** A clock that stands still until it is moved. */
export function fakeClock(): Clock & { advance(ms: number): void } {
  let time = 0;
  const calls = new Set<{ readonly at: number; readonly call: () => void }>();
  return {
    now: () => time,
    after: (ms, call) => {
      const entry = { at: time + ms, call };
      calls.add(entry);
      return () => calls.delete(entry);
    },
    advance: (ms) => {
      time += ms;
      for (const entry of [...calls].filter(({ at }) => at <= time)) {
        calls.delete(entry);
        entry.call();
      }
    },
  };
}

/** Lets everything that is ready to go on, go on. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) await turn();
}

/** Writes a folder that looks like a model, of no content. */
export function writeFakeModel(root: string, name: string, version: number, text = '{}'): string {
  const folder = join(root, name, String(version));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'model.json'), text);
  return folder;
}
