import type { Family } from './result';

/**
 * glibc gives every large tensor's memory back to the system when it is freed, and fetches zeroed pages for the next; told
 * to keep it, PyTorch and TensorFlow train a small network up to twice as fast. Other systems ignore it.
 * https://www.gnu.org/software/libc/manual/html_node/Malloc-Tunable-Parameters.html
 */
export const keptMemory = {
  MALLOC_MMAP_MAX_: '0',
  MALLOC_TRIM_THRESHOLD_: '8000000000',
  MALLOC_TOP_PAD_: '67108864',
};

/** How a contender differs from the others of its comparison. */
export interface Variant {
  readonly name: string;
  /** A file of `peers/`, or ours. */
  readonly peer?: string;
  /** Default `peer` where it is a file of `peers/`. */
  readonly family?: Family;
  readonly mode: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Where it is too slow for as many steps as the others. */
  readonly steps?: number;
}

const oneDnn = { TF_ENABLE_ONEDNN_OPTS: '1' };
const noOneDnn = { TF_ENABLE_ONEDNN_OPTS: '0' };

export function ours(
  mode: string,
  { kept = false, steps }: { kept?: boolean; steps?: number } = {},
): Variant {
  return {
    name: `ours, ${mode.split(' ').join(', ')}${kept ? ', kept memory' : ''}`,
    mode,
    env: kept ? keptMemory : {},
    steps,
  };
}

function keras(
  mode: string,
  name: string,
  { kept = false, env = oneDnn as Record<string, string> } = {},
): Variant {
  return withMemory({ name: `Keras ${name}`, peer: 'keras_peer.py', mode, env }, kept);
}

function torch(mode: string, { kept = false } = {}): Variant {
  const words = mode.split(' ').map((word) => spoken[word] ?? word);
  return withMemory({ name: `PyTorch ${words.join(', ')}`, peer: 'torch_peer.py', mode }, kept);
}

const spoken: Readonly<Record<string, string>> = {
  compile: 'torch.compile',
  freeze: 'frozen',
  fold: 'batch norm folded',
  autocast: 'autocast bfloat16',
};

function withMemory(variant: Variant, kept: boolean): Variant {
  if (!kept) return variant;
  return { ...variant, name: `${variant.name}, kept memory`, env: { ...variant.env, ...keptMemory } };
}

export const trainVariants: readonly Variant[] = [
  ours('compiled'),
  ours('compiled', { kept: true }),
  ours('eager'),
  ours('eager', { kept: true }),
  keras('fit', 'fit'),
  keras('fit', 'fit, without oneDNN', { env: noOneDnn }),
  keras('data steps', 'fit, tf.data, steps_per_execution'),
  keras('data steps', 'fit, tf.data, steps_per_execution', { kept: true }),
  keras('jit', 'fit, jit_compile', { kept: true }),
  torch('NCHW'),
  torch('channels_last'),
  torch('NCHW', { kept: true }),
  torch('channels_last', { kept: true }),
  torch('NCHW compile', { kept: true }),
  torch('channels_last compile', { kept: true }),
];

/** The same with convolutions and what is between them in bfloat16, each in the way of its framework. */
export const trainBfloat16Variants: readonly Variant[] = [
  ours('compiled mixed_bfloat16'),
  ours('compiled mixed_bfloat16', { kept: true }),
  keras('data steps mixed_bfloat16', 'fit, mixed_bfloat16, tf.data, steps_per_execution'),
  keras('data steps mixed_bfloat16', 'fit, mixed_bfloat16, tf.data, steps_per_execution', { kept: true }),
  keras('data steps rewrite', 'fit, graph rewritten to bfloat16, tf.data, steps_per_execution', {
    kept: true,
  }),
  torch('channels_last autocast'),
  torch('NCHW autocast', { kept: true }),
  torch('channels_last autocast', { kept: true }),
  torch('NCHW autocast compile', { kept: true }),
  torch('channels_last autocast compile', { kept: true }),
];

export const predictVariants: readonly Variant[] = [
  ours('compiled'),
  ours('compiled', { kept: true }),
  ours('eager'),
  ours('eager', { kept: true }),
  keras('predict', 'predict'),
  keras('batch', 'predict_on_batch'),
  keras('batch', 'predict_on_batch', { kept: true }),
  keras('batch', 'predict_on_batch, without oneDNN', { env: noOneDnn }),
  keras('call', 'tf.function', { kept: true }),
  keras('call jit', 'tf.function, jit_compile', { kept: true }),
  torch('NCHW'),
  torch('channels_last'),
  torch('channels_last', { kept: true }),
  torch('channels_last fold', { kept: true }),
  torch('NCHW compile', { kept: true }),
  torch('NCHW compile freeze', { kept: true }),
  torch('channels_last compile freeze', { kept: true }),
  torch('channels_last jit', { kept: true }),
  { name: 'ONNX Runtime', peer: 'onnx_peer.py', mode: '' },
];

export const evaluateVariants: readonly Variant[] = [
  ours('compiled'),
  ours('compiled', { kept: true }),
  ours('eager'),
  keras('predict', 'predict, scikit-learn'),
  keras('predict', 'predict, scikit-learn', { kept: true }),
  keras('predict', 'predict, scikit-learn, without oneDNN', { env: noOneDnn }),
  keras('inside', 'predict of bytes, scikit-learn'),
  keras('inside', 'predict of bytes, scikit-learn', { kept: true }),
  keras('inside jit', 'predict of bytes, jit_compile, scikit-learn', { kept: true }),
  keras('call', 'tf.function of bytes, scikit-learn', { kept: true }),
  keras('call jit', 'tf.function of bytes, jit_compile, scikit-learn', { kept: true }),
];

export const augmentVariants: readonly Variant[] = [
  ours('eager'),
  { name: 'Keras layers in tf.data', peer: 'augment_peer.py', mode: 'keras', env: oneDnn },
  { name: 'tf.image per image in tf.data', peer: 'augment_peer.py', mode: 'tf.image', env: oneDnn },
  { name: 'PyTorch on whole batches', peer: 'augment_peer.py', mode: 'batch' },
  { name: 'PyTorch on whole batches, kept memory', peer: 'augment_peer.py', mode: 'batch', env: keptMemory },
  { name: 'PyTorch per image', peer: 'augment_peer.py', mode: 'image' },
  { name: 'PyTorch per image in DataLoader workers', peer: 'augment_peer.py', mode: 'image workers' },
];
