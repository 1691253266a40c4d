import * as tf from '@tensorflow/tfjs';
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { gather, type ImageDataset, type Normalization, normalizePixels } from '../data';
import type { KernelShape } from './dirac';

/** Normalized images without a tensor. */
export interface NormalizedImages {
  readonly data: Float32Array;
  /** count, height, width, channels */
  readonly shape: readonly [number, number, number, number];
}

export interface WhiteningOptions {
  /** Side of the square patches; default 2. */
  readonly kernelSize?: number;
  /** Added to each eigenvalue, so that directions in which patches hardly differ are not blown up; default 5e-4. */
  readonly epsilon?: number;
}

/** A convolution that whitens patches of images. */
export interface Whitening {
  /** Row-major, of `shape`. */
  readonly kernel: Float32Array;
  /** kernelSize, kernelSize, channels, 2 * kernelSize * kernelSize * channels */
  readonly shape: KernelShape;
  /** Of the patches' covariance, largest first, [kernelSize * kernelSize * channels]. */
  readonly eigenvalues: readonly number[];
}

/**
 * The filters that make neighbouring pixels independent: the eigenvectors of the covariance of all patches of `images`,
 * each divided by the square root of its eigenvalue plus `epsilon`, largest eigenvalue first; then the same filters
 * negated, since the activation that follows keeps little of what is below 0. The covariance is that around 0, not
 * around the mean, and each eigenvector's largest component is positive. Used by airbench,
 * https://github.com/KellerJordan/cifar10-airbench. A tensor's values are read at once; the tensor stays the caller's.
 */
export function fitWhitening(
  images: tf.Tensor4D | NormalizedImages,
  { kernelSize = 2, epsilon = 5e-4 }: WhiteningOptions = {},
): Whitening {
  const { shape } = images;
  const data = images instanceof tf.Tensor ? images.dataSync<'float32'>() : images.data;
  const covariance = patchCovariance({ data, shape }, kernelSize);
  const decomposition = new EigenvalueDecomposition(covariance, { assumeSymmetric: true });
  const found = decomposition.realEigenvalues
    .map((eigenvalue, i) => ({
      eigenvalue: Math.max(0, eigenvalue), // rounding may leave less than 0
      vector: withFixedSign(decomposition.eigenvectorMatrix.getColumn(i)),
    }))
    .sort((a, b) => b.eigenvalue - a.eigenvalue);

  const size = found.length; // of a patch, and number of filters before they are negated
  const kernel = new Float32Array(size * 2 * size);
  for (const [filter, { eigenvalue, vector }] of found.entries()) {
    const scale = 1 / Math.sqrt(eigenvalue + epsilon);
    for (let i = 0; i < size; i++) {
      kernel[i * 2 * size + filter] = vector[i] * scale;
      kernel[i * 2 * size + size + filter] = -vector[i] * scale;
    }
  }
  return {
    kernel,
    shape: [kernelSize, kernelSize, shape[3], 2 * size],
    eigenvalues: found.map(({ eigenvalue }) => eigenvalue),
  };
}

/** `fitWhitening` on the first `count` images of `dataset`, 5000 by default; give it training images only. */
export function fitWhiteningOn(
  dataset: ImageDataset,
  normalization: Normalization,
  { count = 5000, ...options }: WhiteningOptions & { readonly count?: number } = {},
): Whitening {
  const indices = Uint32Array.from({ length: Math.min(count, dataset.count) }, (_, i) => i);
  const batch = gather(dataset, indices);
  const shape = [batch.count, batch.height, batch.width, batch.channels] as const;
  return fitWhitening({ data: normalizePixels(batch, normalization), shape }, options);
}

/** Gives the layer `whiten` of `model` the fitted kernel and a bias of 0. Throws a RangeError where it does not fit. */
export function setWhitening(model: tf.LayersModel, { kernel, shape }: Whitening): void {
  const layer = model.layers.find(({ name }) => name === 'whiten');
  if (!layer) throw new RangeError(`the model ${model.name} has no layer called whiten; airbench has one`);
  const weight = (name: string) =>
    layer.weights.find(({ originalName }) => originalName === `whiten/${name}`);
  const variable = weight('kernel');
  if (variable?.shape.join() !== shape.join()) {
    throw new RangeError(
      `the layer whiten: expected a kernel of ${variable?.shape.join(' x ')}, got ${shape.join(' x ')}; ` +
        'fit it on images with as many channels as the model takes, with the kernel size of the layer',
    );
  }
  const bias = weight('bias');
  tf.tidy(() => {
    variable?.write(tf.tensor(kernel, [...shape], 'float32'));
    bias?.write(tf.zeros(bias.shape as number[]));
  });
}

/** The mean of patch times patch transposed over all patches; a patch is [kernelSize, kernelSize, channels] flattened. */
function patchCovariance({ data, shape }: NormalizedImages, kernelSize: number): Matrix {
  const [count, height, width, channels] = shape;
  const [down, across] = [height - kernelSize + 1, width - kernelSize + 1];
  if (!(count > 0 && down > 0 && across > 0)) {
    throw new RangeError(
      `expected at least one image of ${kernelSize} x ${kernelSize} pixels or more, got ${shape.join(' x ')}`,
    );
  }
  const row = kernelSize * channels; // numbers that lie side by side in a row of the patch
  const size = kernelSize * row;
  const patch = new Float64Array(size);
  const sums = new Float64Array(size * size); // on and below the diagonal
  for (let n = 0; n < count; n++) {
    for (let y = 0; y < down; y++) {
      for (let x = 0; x < across; x++) {
        for (let i = 0; i < size; i++) {
          const dy = Math.floor(i / row);
          patch[i] = data[((n * height + y + dy) * width + x) * channels + i - dy * row];
        }
        for (let i = 0; i < size; i++) {
          for (let j = 0; j <= i; j++) sums[i * size + j] += patch[i] * patch[j];
        }
      }
    }
  }
  const patches = count * down * across;
  const covariance = new Matrix(size, size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      covariance.set(i, j, sums[Math.max(i, j) * size + Math.min(i, j)] / patches);
    }
  }
  return covariance;
}

/** An eigenvector and its negative are equally good; this is the one whose largest component is positive. */
function withFixedSign(vector: readonly number[]): number[] {
  const largest = Math.max(...vector.map(Math.abs));
  // Of components that are as large but for rounding, the first decides.
  const decisive = vector.find((value) => Math.abs(value) > largest * (1 - 1e-6)) ?? 1;
  return vector.map((value) => value * Math.sign(decisive));
}
