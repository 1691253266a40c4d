import * as tf from '@tensorflow/tfjs';
import { type NodeBackend, typedArray, withReplaced } from './binding';
import { withGraphDropout } from './dropout';
import {
  attribute,
  DataType,
  type Feed,
  Graph,
  type GraphOptions,
  type Output,
  ofFloats,
  UntraceableError,
} from './graph';
import { withFusedKernels } from './kernels';
import { looksAcrossTheBatch, requireTraceable } from './layers';
import { addUpdates, countStep, learningRateOf, slotsOf } from './optimizers';
import { type OperationTime, operationTimes } from './profile';
import { GraphState } from './state';
import { type Tracer, trace } from './trace';

/** Numbers with a shape, row-major: a tensor's values without the tensor. */
export interface Values {
  readonly shape: readonly number[];
  /** Bytes are float32 to the model. */
  readonly data: Float32Array | Int32Array | Uint8Array;
}

export interface TrainOnBatchOptions {
  /** Fixes, with the number of the step, what dropout drops; default 1. */
  readonly seed?: number;
  /** Makes of `xs`, inside the graph, what the model takes, such as normalized pixels of bytes. One function a training. */
  readonly prepare?: (xs: tf.Tensor) => tf.Tensor;
}

export interface CompiledModelOptions extends GraphOptions {
  /**
   * Parts a batch is split into that are computed side by side. Training averages their gradients, which is the same
   * but for the order of sums; with batch normalization, whose statistics are those of the whole batch, it never splits.
   */
  readonly towers?: number;
}

/** A traced computation: what it takes and gives. */
interface Signature {
  readonly inputs: readonly Output[];
  readonly fetches: readonly Output[];
  /** Nodes that must run besides. */
  readonly targets: readonly string[];
}

/** What the private parts of a tfjs-layers model do: one training step; `compile` makes the list of weights anew. */
interface TrainableParts {
  makeTrainFunction(): (data: tf.Tensor[]) => tf.Tensor[];
  readonly collectedTrainableWeights: readonly tf.LayerVariable[];
}

/**
 * A `tf.LayersModel` whose training step, evaluation and prediction run as TensorFlow graphs off the main thread: what
 * `tf.function` is to Python. The model stays an ordinary one; its weights and its optimizer's variables may be read, set
 * and saved at any time. Made by `compileModel`.
 */
export class CompiledModel {
  private readonly graph: Graph;
  private readonly state: GraphState;
  private readonly signatures = new Map<string, Signature>();
  private readonly learningRate: Output;
  private readonly step: Output; // the number of steps done before
  private readonly towers: number;
  private trainedWith: readonly unknown[] = [];
  private generation = 0; // of what it is trained with

  constructor(
    private readonly model: tf.LayersModel,
    private readonly backend: NodeBackend,
    { towers = 1, ...threads }: CompiledModelOptions = {},
  ) {
    requireTraceable(model);
    this.graph = new Graph(threads);
    this.state = new GraphState(this.graph, backend);
    this.learningRate = this.graph.placeholder('learning_rate', { shape: [], dtype: DataType.float32 });
    this.step = this.graph.placeholder('step', { shape: [], dtype: DataType.int32 });
    this.towers = looksAcrossTheBatch(model) ? 1 : towers;
  }

  /**
   * One step of gradient descent, as `model.trainOnBatch`: resolves to the loss, regularization included, and the
   * metrics. The first call with a new batch size takes longer, since it traces the step.
   */
  async trainOnBatch(xs: Values, ys: Values, options: TrainOnBatchOptions = {}): Promise<number[]> {
    const results = await this.run(this.trainingSignature(xs, ys, options), [xs, ys], this.trainingFeeds());
    countStep(this.model.optimizer);
    return results.map(({ data }) => data[0]);
  }

  /** Does one training step and tells how long each operation of the graph took. */
  profileStep(xs: Values, ys: Values, options: TrainOnBatchOptions = {}): OperationTime[] {
    const { inputs, fetches, targets } = this.trainingSignature(xs, ys, options);
    this.state.push();
    const feeds = [feed(inputs[0], xs.data), feed(inputs[1], ys.data), ...this.trainingFeeds()];
    const names = fetches.map(({ ref }) => ref);
    const metadata = this.graph.profile(feeds, names, targets);
    countStep(this.model.optimizer);
    return operationTimes(metadata);
  }

  private trainingSignature(xs: Values, ys: Values, { seed = 1, prepare }: TrainOnBatchOptions): Signature {
    if (!sameItems(this.trainedWith, [prepare, ...this.trainingParts()])) this.generation++;
    const signature = this.signature(`train ${this.generation} ${seed}`, [xs, ys], (inputs) =>
      this.traceTraining(inputs, { seed, prepare }),
    );
    this.trainedWith = [prepare, ...this.trainingParts()]; // the first trace makes the optimizer's variables
    return signature;
  }

  private trainingFeeds(): Feed[] {
    const { optimizer } = this.model;
    return [
      feed(this.learningRate, Float32Array.of(learningRateOf(optimizer))),
      feed(this.step, Int32Array.of(optimizer.iterations)),
    ];
  }

  /** The model's output for a batch, dropout off, batch normalization by its running statistics. */
  async predictOnBatch(xs: Values): Promise<Values> {
    const [output] = await this.call('predict', (x) => [this.model.apply(x) as tf.Tensor], [xs]);
    return output;
  }

  /**
   * Runs any computation on tensors and the model as a graph. It is traced once for each shape of its inputs and kept
   * by `name`, so two computations need two names.
   */
  async call(
    name: string,
    compute: (...tensors: tf.Tensor[]) => tf.Tensor[],
    inputs: readonly Values[],
  ): Promise<Values[]> {
    const signature = this.signature(`call ${name}`, inputs, (placeholders) => {
      const { result } = this.trace((tracer) => {
        return compute(...placeholders.map((placeholder) => toTensor(tracer, placeholder))).map(
          tracer.output,
        );
      });
      return { inputs: placeholders, fetches: result, targets: [] };
    });
    return this.run(signature, inputs);
  }

  /** Frees the graph; the model keeps its weights and goes on without it. */
  dispose(): void {
    this.state.release();
    this.signatures.clear();
    this.graph.close();
  }

  private signature(
    name: string,
    inputs: readonly Values[],
    add: (placeholders: Output[]) => Signature,
  ): Signature {
    const key = [
      name,
      ...inputs.map(({ shape, data }) => `${shape.join('x')} ${data.constructor.name}`),
    ].join(' ');
    const known = this.signatures.get(key);
    if (known) return known;
    const placeholders = inputs.map(({ shape, data }, i) =>
      this.graph.placeholder(`${key}/${i}`.replace(/[^\w/]/g, '_'), {
        shape,
        dtype: dataTypeOfValues(data),
      }),
    );
    try {
      const signature = add(placeholders);
      this.signatures.set(key, signature);
      return signature;
    } catch (error) {
      if (error instanceof UntraceableError) throw error;
      throw new UntraceableError(error instanceof Error ? error.message : String(error), { cause: error });
    }
  }

  private async run(
    { inputs, fetches, targets }: Signature,
    values: readonly Values[],
    feeds: readonly Feed[] = [],
  ): Promise<Values[]> {
    for (const weight of this.model.weights) weight.read(); // throws where the model was disposed
    this.state.push();
    const buffers = await this.graph.run(
      [...inputs.map((input, i) => feed(input, values[i].data)), ...feeds],
      fetches.map(({ ref }) => ref),
      targets,
    );
    return buffers.map((buffer, i) => {
      const { shape, dtype } = fetches[i];
      return { shape, data: typedArray(buffer, dtype) };
    });
  }

  private trace<T>(compute: Parameters<typeof trace<T>>[3]) {
    for (const weight of this.model.weights) this.state.add(weight.read() as tf.Variable);
    return trace(this.graph, this.backend, this.state.values(), (tracer) =>
      withFusedKernels(this.backend, () => compute(tracer)),
    );
  }

  private traceTraining(inputs: Output[], { seed, prepare }: { seed: number; prepare?: Prepare }): Signature {
    const { graph, state } = this;
    const { optimizer } = this.model;
    const batchSize = inputs[0].shape[0];
    const count = batchSize % this.towers === 0 ? this.towers : 1;
    const parts = partsOf(graph, inputs, count);
    const towers = parts.map((part, i) => this.traceTower(part, { seed: `${seed}/tower ${i}`, prepare }));
    const [{ gradients, assigned }] = towers;

    const updates = addUpdates(
      optimizer,
      gradients.map(({ variable }, i) => ({
        variable: state.add(variable),
        gradient: mean(
          graph,
          towers.map((tower) => tower.gradients[i].gradient),
        ),
      })),
      { graph, state, learningRate: this.learningRate },
    );
    for (const variable of assigned.keys()) {
      const { handle, value } = state.add(variable);
      const next = mean(
        graph,
        towers.map((tower) => tower.assigned.get(variable) as Output),
      );
      const attributes = [attribute.type('dtype', value.dtype)];
      updates.push(graph.effect('AssignVariableOp', [handle, next], { attributes, after: [value.ref] }));
    }
    const fetches = towers[0].results.map((_, i) =>
      mean(
        graph,
        towers.map(({ results }) => results[i]),
      ),
    );
    return { inputs, fetches, targets: updates };
  }

  /** What a traced step is bound to: where one of these is another, the step must be traced anew. */
  private trainingParts(): readonly unknown[] {
    const { optimizer } = this.model;
    return [optimizer, trainable(this.model).collectedTrainableWeights, ...slotsOf(optimizer)];
  }

  /** Loss, metrics and gradients of one part of the batch. */
  private traceTower([x, y]: readonly Output[], { seed, prepare }: { seed: string; prepare?: Prepare }) {
    const { optimizer } = this.model;
    const parts = trainable(this.model);
    const variables = new Map(
      parts.collectedTrainableWeights.map((weight) => {
        const variable = weight.read() as tf.Variable;
        return [variable.name, variable];
      }),
    );
    const { result, assigned } = this.trace((tracer) => {
      const gradients: { variable: tf.Variable; gradient: Output }[] = [];
      const applyGradients = (named: { name: string; tensor: tf.Tensor | null }[]) => {
        for (const { name, tensor } of named) {
          const variable = variables.get(name);
          if (variable && tensor) gradients.push({ variable, gradient: tracer.output(tensor) });
        }
      };
      const step = parts.makeTrainFunction();
      const replaced = { applyGradients } as Partial<tf.Optimizer>;
      const outputs = withReplaced<Partial<tf.Optimizer>, tf.Tensor[]>(optimizer, replaced, () =>
        withGraphDropout(tracer, { seed, step: this.step }, () =>
          step([prepare ? prepare(toTensor(tracer, x)) : toTensor(tracer, x), tracer.tensor(y)]),
        ),
      );
      const results = outputs.map(tracer.output);
      tf.dispose(outputs);
      return { gradients, results };
    });
    return { ...result, assigned };
  }
}

/** The parts that train; a Sequential keeps them in a model inside. */
export function trainable(model: tf.LayersModel): TrainableParts {
  return ((model as { model?: tf.LayersModel }).model ?? model) as unknown as TrainableParts;
}

type Prepare = NonNullable<TrainOnBatchOptions['prepare']>;

function dataTypeOfValues(data: Values['data']): number {
  if (data instanceof Float32Array) return DataType.float32;
  return data instanceof Int32Array ? DataType.int32 : DataType.uint8;
}

/** Bytes, which tfjs has no type for, become float32. */
function toTensor({ graph, tensor }: Tracer, output: Output): tf.Tensor {
  if (output.dtype !== DataType.uint8) return tensor(output);
  const attributes = [attribute.type('SrcT', DataType.uint8), attribute.type('DstT', DataType.float32)];
  return tensor(graph.one('Cast', [output], { attributes }));
}

function sameItems(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, i) => item === b[i]);
}

function feed({ ref, shape, dtype }: Output, data: Values['data']): Feed {
  return { name: ref, shape, dtype, data };
}

/** The batch in equal parts, first images first. */
function partsOf(graph: Graph, inputs: readonly Output[], count: number): Output[][] {
  if (count === 1) return [[...inputs]];
  return Array.from({ length: count }, (_, part) =>
    inputs.map((input) => {
      const [batchSize, ...rest] = input.shape;
      const size = batchSize / count;
      const begin = graph.integers([part * size, ...rest.map(() => 0)]);
      return graph.one('Slice', [input, begin, graph.integers([size, ...rest])]);
    }),
  );
}

function mean(graph: Graph, values: readonly Output[]): Output {
  if (values.length === 1) return values[0];
  const sum = graph.one('AddN', values, { attributes: [attribute.int('N', values.length)] });
  return graph.one('Mul', [sum, graph.scalar(1 / values.length)], { attributes: ofFloats });
}
