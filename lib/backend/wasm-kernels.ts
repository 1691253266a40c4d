import * as tf from '@tensorflow/tfjs';
import { isOverFirstAxes, meanOverFirstAxes, repeated, repeatsWhole, sumOverFirstAxes } from './wasm-axes';
import { convolutionFilterGradient, convolutionInputGradient } from './wasm-convolution';
import { depthwiseFilterGradient, depthwiseInputGradient } from './wasm-depthwise';
import { maxPoolGradient } from './wasm-pooling';

/** What a kernel computes from its inputs and attributes; their names and types are those of the kernel. */
type Compute = (inputs: never, attributes: never) => tf.Tensor;
type Test = (inputs: never, attributes: never) => boolean;

const ours = new Set<tf.KernelFunc>();

/**
 * Registers what `tfjs-backend-wasm` 4.22 lacks to train a network, and replaces what it computes wrong or slowly.
 * Calling it again changes nothing.
 */
export function registerTrainingKernels(): void {
  register('Conv2DBackpropFilter', convolutionFilterGradient);
  register('DepthwiseConv2dNativeBackpropFilter', depthwiseFilterGradient);
  register('DepthwiseConv2dNativeBackpropInput', depthwiseInputGradient);
  register('UnsortedSegmentSum', segmentSum);
  // The package's own passes nothing to windows whose largest value is 0 or less, as behind a batch norm.
  register('MaxPoolGrad', maxPoolGradient);
  // What follows the package computes right, but slowly where we take its place.
  register('Identity', ({ x }: { x: tf.Tensor }) => x.reshape(x.shape)); // shares its numbers instead of copying them
  register('Sum', sumOverFirstAxes, isOverFirstAxes);
  register('Mean', meanOverFirstAxes, isOverFirstAxes);
  register('Tile', repeated, repeatsWhole);
  // These two are plain loops in the package, while its convolution and its plain product are XNNPACK's.
  register('Conv2DBackpropInput', convolutionInputGradient, isChannelsLast);
  register('BatchMatMul', transposedProduct, isTransposed);
}

/** Registers a kernel; where the package has one, it still computes what ours is not meant for. */
function register(kernelName: string, compute: Compute, isMeant: Test = () => true): void {
  const original = tf.getKernel(kernelName, 'wasm');
  if (original && ours.has(original.kernelFunc)) return;
  const kernelFunc: tf.KernelFunc = (call) => {
    // The engine hands over real tensors, although the types promise less.
    const [inputs, attributes] = [call.inputs as never, call.attrs as never];
    if (original && !isMeant(inputs, attributes)) return original.kernelFunc(call);
    return tf.tidy(() => compute(inputs, attributes));
  };
  ours.add(kernelFunc);
  if (original) tf.unregisterKernel(kernelName, 'wasm');
  tf.registerKernel({ ...original, kernelName, backendName: 'wasm', kernelFunc });
}

function isChannelsLast(_inputs: object, { dataFormat }: { dataFormat: string }): boolean {
  return dataFormat !== 'NCHW';
}

/** What `matMul` is asked to compute. */
interface Product {
  a: tf.Tensor;
  b: tf.Tensor;
}
interface ProductAttributes {
  transposeA: boolean;
  transposeB: boolean;
}

function isTransposed({ a, b }: Product, { transposeA, transposeB }: ProductAttributes): boolean {
  const isOneMatrix = ({ shape }: tf.Tensor) => shape.slice(0, -2).every((size) => size === 1);
  return (transposeA || transposeB) && isOneMatrix(a) && isOneMatrix(b);
}

function transposedProduct({ a, b }: Product, { transposeA, transposeB }: ProductAttributes): tf.Tensor {
  return tf.matMul(transposeA ? flipped(a) : a, transposeB ? flipped(b) : b);
}

/** The matrix on its side; the axes before its last two stay. */
function flipped(matrix: tf.Tensor): tf.Tensor {
  const axes = matrix.shape.map((_, axis) => axis);
  const [rows, columns] = axes.splice(-2);
  return matrix.transpose([...axes, columns, rows]);
}

/** The gradient of `gather`. */
function segmentSum(
  { x, segmentIds }: { x: tf.Tensor; segmentIds: tf.Tensor },
  { numSegments }: { numSegments: number },
): tf.Tensor {
  const rows = segmentIds.size;
  const picks = tf.oneHot(segmentIds.flatten().toInt(), numSegments).toFloat(); // [rows, numSegments]
  const sums = tf.matMul(picks, x.reshape([rows, x.size / rows]), true);
  return sums.reshape([numSegments, ...x.shape.slice(segmentIds.rank)]);
}
