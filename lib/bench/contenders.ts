import { extname, join } from 'node:path';
import { datasetFolder } from '../data';
import { courseRoot } from '../paths';
import type { Precision } from '../training';
import { batchSizeOf, describeNetwork, type NetworkName, type NetworkSpec } from './networks';
import type { Program } from './process';
import type { Family } from './result';
import {
  augmentVariants,
  evaluateVariants,
  keptMemory,
  ours,
  predictVariants,
  trainBfloat16Variants,
  trainVariants,
  type Variant,
} from './variants';
import type { Task, Work } from './work';

/** One way to do the work, before it is started. */
export interface Contender {
  readonly name: string;
  readonly family: Family;
  readonly program: Program;
}

/** What is compared with what. */
export interface ComparisonPlan {
  readonly name: string;
  readonly work: string;
  readonly batchSize: number;
  readonly network?: NetworkSpec;
  readonly flopPerImage?: number;
  readonly contenders: readonly Contender[];
  /** The program that measures the convolution peak, where one is wanted. */
  readonly peak?: { readonly program: Program; readonly work: string };
}

export interface PlanOptions {
  readonly networks: readonly NetworkName[];
  readonly threads: number;
  readonly seed: number;
  /** Fewer steps a round. */
  readonly quick: boolean;
  /** Only contenders with this text in their name. */
  readonly only?: string;
  /** The Python that runs the peers. */
  readonly python: string;
  /** Where compilers may leave files; removed after the run. */
  readonly scratch: string;
}

// Of CIFAR-10's training images; any would do.
const mean = [0.4914, 0.4822, 0.4465];
const std = [0.247, 0.2435, 0.2616];

/** Every comparison of a task, each with its contenders and its work. */
export function planTask(task: Task, options: PlanOptions): readonly ComparisonPlan[] {
  switch (task) {
    case 'train':
      return options.networks.flatMap((name) => [
        trainPlan(name, 'float32', options),
        trainPlan(name, 'mixed_bfloat16', options),
      ]);
    case 'predict':
      return options.networks.map((name) => predictPlan(name, options));
    case 'evaluate':
      return [evaluatePlan(options)];
    case 'augment':
      return [64, 256].map((batchSize) => augmentPlan(batchSize, options));
    case 'load':
      return (['bytes', 'float32'] as const).map((kind) => loadPlan(kind, options));
    case 'input':
      return (['plain', 'augmented'] as const).map((mode) => inputPlan(mode, options));
    case 'wasm':
      return wasmPlans(options);
  }
}

function trainPlan(name: NetworkName, precision: Precision, options: PlanOptions): ComparisonPlan {
  const network = describeNetwork(name);
  const batchSize = batchSizeOf(name);
  const steps = name === 'small' ? 128 : 4;
  const { optimizer } = network;
  const isMixed = precision === 'mixed_bfloat16';
  const variants = isMixed ? trainBfloat16Variants : trainVariants;
  return {
    name: `train ${name}${isMixed ? `, ${precision}` : ''}`,
    work: `steps of ${optimizer.name === 'adam' ? 'Adam' : 'SGD with Nesterov momentum'} on batches of ${batchSize}, float32 images in memory: forward, loss, gradient, update, loss read back${isMixed ? '; convolutions in bfloat16, weights in float32' : ''}`,
    batchSize,
    network,
    flopPerImage: network.flop.train,
    contenders: contendersOf(variants, { task: 'train', network, batchSize, steps }, options),
    peak: peakOf({ gradients: true, precision }, options),
  };
}

function predictPlan(name: NetworkName, options: PlanOptions): ComparisonPlan {
  const network = describeNetwork(name);
  const batchSize = 256;
  const steps = name === 'small' ? 64 : 8;
  return {
    name: `predict ${name}`,
    work: `logits of batches of ${batchSize}, float32 images in memory, read back`,
    batchSize,
    network,
    flopPerImage: network.flop.predict,
    contenders: contendersOf(predictVariants, { task: 'predict', network, batchSize, steps }, options),
    peak: peakOf({ gradients: false }, options),
  };
}

function evaluatePlan(options: PlanOptions): ComparisonPlan {
  const network = describeNetwork('small');
  const model = join(courseRoot(), 'data', 'pretrained', 'baseline-cifar10', 'model');
  const batchSize = 250;
  const work = { task: 'evaluate', network, model, batchSize, steps: 40 } as const;
  return {
    name: 'evaluate small',
    work: "CIFAR-10's test images, as bytes in memory, to loss, accuracy, confusion matrix and classification report of a trained network; ours also to calibration, curves and the worst mistakes",
    batchSize,
    network,
    flopPerImage: network.flop.predict,
    contenders: contendersOf(evaluateVariants, work, options),
  };
}

function augmentPlan(batchSize: number, options: PlanOptions): ComparisonPlan {
  const steps = 16_384 / batchSize;
  return {
    name: `augment ${batchSize}`,
    work: `batches of ${batchSize} byte images of 32 x 32 in memory: flip half of them, crop from 4 pixels of reflected border, normalize to float32`,
    batchSize,
    contenders: contendersOf(augmentVariants, { task: 'augment', batchSize, steps }, options),
  };
}

function loadPlan(kind: 'bytes' | 'float32', options: PlanOptions): ComparisonPlan {
  const what = kind === 'bytes' ? 'bytes' : 'normalized float32';
  const variants: readonly Variant[] = [
    { name: 'ours', mode: kind },
    { name: 'ours, kept memory', mode: kind, env: keptMemory },
    { name: 'NumPy', peer: 'load_peer.py', mode: `numpy ${kind}` },
    { name: 'NumPy, kept memory', peer: 'load_peer.py', mode: `numpy ${kind}`, env: keptMemory },
    { name: 'PyTorch', peer: 'load_peer.py', mode: `torch ${kind}` },
    { name: 'PyTorch, kept memory', peer: 'load_peer.py', mode: `torch ${kind}`, env: keptMemory },
  ];
  return {
    name: `load ${kind}`,
    work: `the six files of CIFAR-10, in the system's cache, to ${what} of [60000, 32, 32, 3] and labels`,
    batchSize: 60_000,
    contenders: contendersOf(variants, { task: 'load', batchSize: 60_000, steps: 1 }, options),
  };
}

function inputPlan(mode: 'plain' | 'augmented', options: PlanOptions): ComparisonPlan {
  const network = describeNetwork('small');
  const made = { name: 'ours, batches made before', mode: 'made', family: 'peer' } as const; // what to compare with
  const variants = [{ name: `ours, ${mode} batches made meanwhile`, mode }, made];
  const work = { task: 'input', network, batchSize: 64, steps: 300 } as const;
  return {
    name: `input ${mode}`,
    work: `an epoch of \`train\` on byte images${mode === 'augmented' ? ', flipped and cropped' : ''}, compiled, and the same steps without making batches`,
    batchSize: 64,
    network,
    flopPerImage: network.flop.train,
    contenders: contendersOf(variants, work, options),
  };
}

function wasmPlans(options: PlanOptions): readonly ComparisonPlan[] {
  const network = describeNetwork('small');
  const plan = (
    task: 'train' | 'predict',
    batchSize: number,
    variants: readonly Variant[],
  ): ComparisonPlan => ({
    name: `${task} small, by backend`,
    work: `${task === 'train' ? 'training steps' : 'predictions'} of the small network on batches of ${batchSize}`,
    batchSize,
    network,
    flopPerImage: network.flop[task],
    contenders: contendersOf(variants, { task, network, batchSize, steps: 1 }, options),
  });
  return [
    plan('train', 64, [
      ours('compiled', { steps: 64 }),
      ours('eager', { steps: 64 }),
      ours('wasm', { steps: 8 }),
      ours('cpu', { steps: 1 }),
    ]),
    plan('predict', 256, [
      ours('compiled', { steps: 32 }),
      ours('eager', { steps: 32 }),
      ours('wasm', { steps: 4 }),
      ours('cpu', { steps: 1 }),
    ]),
  ];
}

function contendersOf(
  variants: readonly Variant[],
  { steps, ...work }: Pick<Work, 'task' | 'batchSize' | 'steps' | 'network' | 'model'>,
  options: PlanOptions,
): readonly Contender[] {
  const shorter = (wanted: number) => Math.max(1, Math.round(options.quick ? wanted / 8 : wanted));
  return variants
    .filter(({ name }) => name.toLowerCase().includes((options.only ?? '').toLowerCase()))
    .map((variant) => ({
      name: variant.name,
      family: variant.family ?? (variant.peer ? 'peer' : 'ours'),
      program: programOf(variant, { ...work, steps: shorter(variant.steps ?? steps) }, options),
    }));
}

function peakOf(
  { gradients, precision = 'float32' }: { gradients: boolean; precision?: Precision },
  options: PlanOptions,
): ComparisonPlan['peak'] {
  const isMixed = precision === 'mixed_bfloat16';
  const variant = { name: 'peak', peer: 'torch_peer.py', mode: isMixed ? 'bfloat16' : '', env: keptMemory };
  return {
    program: programOf(variant, { task: 'peak', batchSize: 256, steps: 1, gradients }, options),
    work: `the fastest of six convolutions of PyTorch, alone, ${gradients ? 'forward and both gradients' : 'forward'}, batch 256${isMixed ? ', bfloat16' : ''}, kept memory`,
  };
}

function programOf(
  { peer, mode, env = {} }: Variant,
  work: Pick<Work, 'task' | 'batchSize' | 'steps' | 'network' | 'model'> & { readonly gradients?: boolean },
  { threads, seed, python, scratch }: PlanOptions,
): Program {
  const all: Work = {
    gradients: false,
    ...work,
    mode,
    threads,
    seed,
    mean,
    std,
    folder: datasetFolder('cifar10'),
    settings: { mode, threads: String(threads), ...env },
  };
  const args = [JSON.stringify(all)];
  const environment = {
    TF_CPP_MIN_LOG_LEVEL: '2',
    // TensorFlow's pools under Node can be sized only so; for the others it repeats what they set themselves.
    TF_NUM_INTRAOP_THREADS: String(threads),
    TF_NUM_INTEROP_THREADS: String(threads),
    OMP_NUM_THREADS: String(threads),
    TORCHINDUCTOR_CACHE_DIR: join(scratch, 'inductor'),
    TRITON_CACHE_DIR: join(scratch, 'triton'),
    TMPDIR: scratch,
    PYTHONDONTWRITEBYTECODE: '1',
    ...env,
  };
  if (peer) {
    return {
      command: python,
      args: [join(courseRoot(), 'lib', 'bench', 'peers', peer), ...args],
      env: environment,
    };
  }
  const extension = extname(__filename);
  const loader = extension === '.ts' ? ['-r', 'ts-node/register'] : [];
  return {
    command: process.execPath,
    args: [...loader, join(__dirname, `contender${extension}`), ...args],
    env: environment,
  };
}
