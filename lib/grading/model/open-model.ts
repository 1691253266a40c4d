import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ImageBatch } from '../../data';
import { CourseError } from '../../errors';
import { predictImages } from '../../evaluation';
import { importClassifier } from '../../interchange';

/** What a model says of itself. */
export interface ModelFacts {
  /** Without the batch: [32, 32, 3]. An open size is 0. */
  readonly inputShape: readonly number[];
  readonly outputShape: readonly number[];
  /** Trained weights and others, such as running means. */
  readonly parameters: number;
  /** `class 0`, `class 1` ... where the file names none. */
  readonly classNames: readonly string[];
}

/** A model that is ready to look at images. */
export interface OpenedModel {
  readonly facts: ModelFacts;
  /** Row-major [count, numClasses], one view of each image. */
  readonly probabilities: (images: ImageBatch) => Promise<Float32Array>;
  readonly dispose: () => void;
}

/**
 * Opens a model that was handed in: a folder with `model.json` and `weights.bin`, or with one file that
 * `importClassifier` reads. What is in it may be made to do harm: leave it to a process that can be ended.
 * @throws CourseError when it cannot be read
 */
export async function openModel(folder: string): Promise<OpenedModel> {
  const { model, normalization, classNames } = await importClassifier(placeOf(folder));
  if (model.inputs.length !== 1 || model.outputs.length !== 1)
    throw new CourseError(
      `expected one input and one output, got ${model.inputs.length} and ${model.outputs.length}`,
    );
  const sizes = (shape: readonly (number | null)[]) => shape.slice(1).map((size) => size ?? 0);
  return {
    facts: {
      inputShape: sizes(model.inputs[0].shape),
      outputShape: sizes(model.outputs[0].shape),
      parameters: model.countParams(),
      classNames: [...classNames],
    },
    probabilities: (images) => predictImages(model, images, { normalization }),
    dispose: () => model.dispose(),
  };
}

function placeOf(folder: string): string {
  if (existsSync(join(folder, 'model.json'))) return folder;
  const names = readdirSync(folder).filter((name) => !name.startsWith('.'));
  if (names.length === 1) return join(folder, names[0]);
  const found = names.length === 0 ? 'nothing' : names.join(', ');
  throw new CourseError(
    `${folder}: expected model.json and weights.bin, or one file .keras, .h5 or .safetensors, got ${found}`,
  );
}
