import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import * as tf from '@tensorflow/tfjs';
import { writeFileAtomically } from '../atomic-file';
import { CourseError } from '../errors';
import { decodeSafetensors, encodeSafetensors, type NamedArray } from '../safetensors';
import type { Callback } from './callbacks';
import { type OptimizerParts, partsOf } from './compile/binding';
import type { History } from './history';
import { readWeights, weightsFromTensors, weightsToTensors, writeWeights } from './weights';

/** Everything that a training needs to go on as if it had never stopped. */
export interface TrainingState {
  readonly model: tf.LayersModel;
  readonly history: History;
  readonly callbacks: readonly Callback[];
  /** What must be the same when it goes on, as plain JSON: seed, batch size, ... */
  readonly options: Readonly<Record<string, unknown>>;
}

const format = 'course-checkpoint 1';

/**
 * Writes weights, the optimizer's variables, what callbacks remember and the history to one file in the safetensors
 * format. The file appears whole or not at all.
 */
export async function writeCheckpoint(file: string, state: TrainingState): Promise<void> {
  const { model, history, callbacks, options } = state;
  const states = callbacks.flatMap((callback) => {
    const remembered = callback.state?.();
    return remembered ? [{ name: callback.name, ...remembered }] : [];
  });
  const tensors: Record<string, NamedArray> = {
    ...prefixed('weights', weightsToTensors(readWeights(model))),
    ...prefixed('optimizer', await readOptimizer(model.optimizer)),
  };
  for (const { name, tensors: own } of states) Object.assign(tensors, prefixed(name, own));
  const facts = {
    options,
    optimizer: model.optimizer.getClassName(),
    history,
    callbacks: Object.fromEntries(states.map(({ name, facts }) => [name, facts])),
  };
  const metadata = { format, sha256: digestOf(tensors), facts: JSON.stringify(facts) };
  const bytes = encodeSafetensors({ tensors, metadata });
  await writeFileAtomically(file, bytes);
}

/**
 * Puts the model, its optimizer and the callbacks into the state of a checkpoint and resolves to its history; to
 * undefined where there is no such file. Throws a CourseError for a damaged file and for one that belongs to another
 * network, optimizer or options; the model is then as before.
 */
export async function restoreCheckpoint(
  file: string,
  { model, callbacks, options }: Omit<TrainingState, 'history'>,
): Promise<History | undefined> {
  if (!existsSync(file)) return undefined;
  const { tensors, metadata = {} } = decodeSafetensors(await readFile(file), { source: file });
  if (metadata.format !== format) {
    throw new CourseError(`${file}: expected a checkpoint (${format}), got ${metadata.format ?? 'none'}`);
  }
  if (metadata.sha256 !== digestOf(tensors)) {
    throw new CourseError(
      `${file}: damaged: its numbers are not those that were written; begin the training anew`,
    );
  }
  const facts = JSON.parse(metadata.facts);
  refuseOthers(file, facts, { options, optimizer: model.optimizer.getClassName() });
  const part = (name: string) => withPrefix(name, tensors);
  try {
    writeWeights(model, weightsFromTensors(part('weights')));
  } catch (error) {
    throw new CourseError(`${file}: a checkpoint of another network: ${(error as Error).message}`);
  }
  await writeOptimizer(model.optimizer, part('optimizer'));
  for (const callback of callbacks) {
    const remembered = facts.callbacks[callback.name];
    if (remembered) callback.restore?.({ facts: remembered, tensors: part(callback.name) });
  }
  return facts.history;
}

function digestOf(tensors: Readonly<Record<string, NamedArray>>): string {
  const hash = createHash('sha256');
  for (const name of Object.keys(tensors).sort()) {
    const { data } = tensors[name];
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
}

function refuseOthers(
  file: string,
  saved: { options: Record<string, unknown>; optimizer: string },
  { options, optimizer }: { options: Readonly<Record<string, unknown>>; optimizer: string },
): void {
  const before = { precision: 'float32', ...saved.options, optimizer: saved.optimizer }; // older ones name no precision
  for (const [key, value] of Object.entries({ ...options, optimizer })) {
    const [was, is] = [JSON.stringify(before[key as keyof typeof before]), JSON.stringify(value)];
    if (was !== is) {
      throw new CourseError(
        `${file}: the training was begun with ${key} ${was} and cannot go on with ${is}; use the old one, or begin anew`,
      );
    }
  }
}

/** The optimizer's own variables, by the order in which it takes them back, and its count of steps. */
async function readOptimizer(optimizer: tf.Optimizer): Promise<Record<string, NamedArray>> {
  const entries: [string, NamedArray][] = [];
  for (const [i, { tensor }] of (await optimizer.getWeights()).entries()) {
    const isCount = i === 0; // a tensor of its own, which nobody else disposes
    const values = await tensor.data();
    entries.push([
      String(i),
      { shape: tensor.shape, data: isCount ? Int32Array.from(values) : Float32Array.from(values) },
    ]);
    if (isCount) tensor.dispose();
  }
  const { accBeta1, accBeta2 }: Partial<OptimizerParts> = partsOf(optimizer);
  for (const [name, power] of Object.entries({ accBeta1, accBeta2 })) {
    if (power) entries.push([name, { shape: [], data: Float32Array.from(await power.data()) }]);
  }
  return Object.fromEntries(entries);
}

async function writeOptimizer(
  optimizer: tf.Optimizer,
  { accBeta1, accBeta2, ...weights }: Record<string, NamedArray>,
): Promise<void> {
  const named = Object.keys(weights).map((_, i) => {
    const { shape, data } = weights[i];
    return {
      name: String(i),
      tensor: tf.tensor(data as Float32Array, [...shape], i === 0 ? 'int32' : 'float32'),
    };
  });
  await optimizer.setWeights(named);
  tf.dispose(named.map(({ tensor }) => tensor));
  // tfjs computes these powers anew, which rounds them otherwise than multiplying step by step did.
  const parts: Partial<OptimizerParts> = partsOf(optimizer);
  tf.tidy(() => {
    if (accBeta1) parts.accBeta1?.assign(tf.scalar(accBeta1.data[0] as number));
    if (accBeta2) parts.accBeta2?.assign(tf.scalar(accBeta2.data[0] as number));
  });
}

function prefixed(prefix: string, tensors: Readonly<Record<string, NamedArray>>): Record<string, NamedArray> {
  return Object.fromEntries(Object.entries(tensors).map(([name, array]) => [`${prefix}/${name}`, array]));
}

function withPrefix(
  prefix: string,
  tensors: Readonly<Record<string, NamedArray>>,
): Record<string, NamedArray> {
  const own = Object.entries(tensors).filter(([name]) => name.startsWith(`${prefix}/`));
  return Object.fromEntries(own.map(([name, array]) => [name.slice(prefix.length + 1), array]));
}
