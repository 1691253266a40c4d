import type * as tf from '@tensorflow/tfjs';
import { threadLimit } from '../../backend/threads';
import { createRandom } from '../../random';
import { type NodeBackend, trainable, typedArray } from './binding';
import { DataType, type Feed, Graph, type GraphOptions, type Output, UntraceableError } from './graph';
import { withFusedKernels } from './kernels';
import { looksAcrossTheBatch, requireTraceable } from './layers';
import { countStep, learningRatesOf, slotsOf } from './optimizers';
import { type OperationTime, operationTimes } from './profile';
import { GraphState } from './state';
import { concatenate, type Split, sum, towersOf } from './towers';
import { trace } from './trace';
import { type Signature, type Trace, traceTrainingStep } from './training-step';
import { dataTypeOfValues, feed, toTensor, type Values } from './values';

export interface TrainOnBatchOptions {
  /** Fixes, with the number of the step, what dropout drops; default 1. */
  readonly seed?: number;
  /** Makes of `xs`, inside the graph, what the model takes, such as normalized pixels of bytes. One function a training. */
  readonly prepare?: (xs: tf.Tensor) => tf.Tensor;
  /** The most that the length of all gradients, as one vector, may be; longer ones are scaled down to it. */
  readonly clipNorm?: number;
}

export interface CallOptions {
  /**
   * How the results of parts of the inputs make the result of the whole: rows one after the other, or summed up.
   * Without it the inputs are never split.
   */
  readonly combine?: 'rows' | 'sum';
}

export interface CompiledModelOptions extends GraphOptions {
  /**
   * Most parts that a batch is split into, which are computed side by side; default 1. The gradients of the parts add up
   * to that of the batch, but for the order of sums. With batch normalization, whose statistics are those of the whole
   * batch, a training step never splits.
   */
  readonly towers?: number;
  /** Fewest images of a part, default 16. Fewer give a core too little to do; with more, what it works on leaves its cache. */
  readonly rowsOfTower?: number;
  /**
   * Whether the weights are constants of the graph, with the values they have when it is made: faster to predict with,
   * since TensorFlow prepares them once, but no longer to be trained or set. Default false.
   */
  readonly frozen?: boolean;
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
  private readonly learningRates: Output[] = []; // made as they are needed
  private readonly step: Output; // the number of steps done before
  private readonly seed: Output; // of what dropout drops
  private readonly split: Split;
  private readonly lanes: number; // towers at the same time; the others wait, so that what these work on stays in the cache
  private readonly frozen: boolean;
  private trainedWith: readonly unknown[] = [];
  private generation = 0; // of what it is trained with

  constructor(
    private readonly model: tf.LayersModel,
    private readonly backend: NodeBackend,
    { towers = 1, rowsOfTower = 16, frozen = false, ...graphOptions }: CompiledModelOptions = {},
  ) {
    requireTraceable(model);
    this.graph = new Graph(graphOptions);
    this.state = new GraphState(this.graph, backend);
    this.step = this.graph.placeholder('step', { shape: [], dtype: DataType.int32 });
    this.seed = this.graph.placeholder('seed', { shape: [], dtype: DataType.int32 });
    this.split = { towers, rowsOfTower };
    this.lanes = 2 * (graphOptions.interOpThreads || threadLimit());
    this.frozen = frozen;
  }

  /**
   * One step of gradient descent, as `model.trainOnBatch`: resolves to the loss, regularization included, and the
   * metrics. The first call with a new batch size takes longer, since it traces the step. Steps may be asked for ahead:
   * they take place in that order, and with two on their way none waits for JavaScript.
   */
  async trainOnBatch(xs: Values, ys: Values, options: TrainOnBatchOptions = {}): Promise<number[]> {
    const results = this.run(this.trainingSignature(xs, ys, options), [xs, ys], this.trainingFeeds(options));
    countStep(this.model.optimizer); // the next step may be asked for before this one is done
    return (await results).map(({ data }) => data[0]);
  }

  /** Does one training step and tells how long each operation of the graph took. */
  profileStep(xs: Values, ys: Values, options: TrainOnBatchOptions = {}): OperationTime[] {
    const { inputs, fetches, targets } = this.trainingSignature(xs, ys, options);
    this.state.push({ changes: true });
    const feeds = [feed(inputs[0], xs.data), feed(inputs[1], ys.data), ...this.trainingFeeds(options)];
    const names = fetches.map(({ ref }) => ref);
    const metadata = this.graph.profile(feeds, names, targets);
    countStep(this.model.optimizer);
    return operationTimes(metadata);
  }

  private trainingSignature(xs: Values, ys: Values, { prepare, clipNorm }: TrainOnBatchOptions): Signature {
    if (this.frozen) throw new UntraceableError('its weights are frozen');
    if (!sameItems(this.trainedWith, [prepare, clipNorm, ...this.trainingParts()])) this.generation++;
    const signature = this.signature(`train ${this.generation}`, [xs, ys], (inputs) =>
      traceTrainingStep(inputs, {
        prepare,
        clipNorm,
        model: this.model,
        graph: this.graph,
        state: this.state,
        trace: (compute) => this.trace(compute),
        step: this.step,
        seed: this.seed,
        learningRates: learningRatesOf(this.model.optimizer).map((_, i) => this.learningRate(i)),
        split: looksAcrossTheBatch(this.model) ? { ...this.split, towers: 1 } : this.split,
        lanes: this.lanes,
      }),
    );
    this.trainedWith = [prepare, clipNorm, ...this.trainingParts()]; // the first trace makes the optimizer's variables
    return signature;
  }

  private trainingFeeds({ seed = 1 }: TrainOnBatchOptions): Feed[] {
    const { optimizer } = this.model;
    return [
      feed(this.seed, Int32Array.of(createRandom(seed).integer(2 ** 31))),
      ...learningRatesOf(optimizer).map((rate, i) => feed(this.learningRate(i), Float32Array.of(rate))),
      feed(this.step, Int32Array.of(optimizer.iterations)),
    ];
  }

  private learningRate(i: number): Output {
    const options = { shape: [], dtype: DataType.float32 };
    this.learningRates[i] ??= this.graph.placeholder(`learning_rate_${i}`, options);
    return this.learningRates[i];
  }

  /** The model's output for a batch, dropout off, batch normalization by its running statistics. */
  async predictOnBatch(xs: Values): Promise<Values> {
    const predict = (x: tf.Tensor) => [this.model.apply(x) as tf.Tensor];
    const [output] = await this.call('predict', predict, [xs], { combine: 'rows' });
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
    { combine }: CallOptions = {},
  ): Promise<Values[]> {
    const signature = this.signature(`call ${name} ${combine}`, inputs, (placeholders) => {
      const towers = towersOf(this.graph, placeholders, combine ? this.split : { ...this.split, towers: 1 });
      const traced: Output[][] = [];
      for (const [i, tower] of towers.entries()) {
        const inputs = tower.inputs(traced[i - this.lanes] ?? []);
        const { result } = this.trace((tracer) =>
          compute(...inputs.map((input) => toTensor(tracer, input))).map(tracer.output),
        );
        traced.push(result);
      }
      const join = combine === 'sum' ? sum : concatenate;
      const fetches = traced[0].map((_, i) =>
        join(
          this.graph,
          traced.map((results) => results[i]),
        ),
      );
      return { inputs: placeholders, fetches, targets: [] };
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
    const placeholders = inputs.map(({ shape, data }) =>
      this.graph.placeholder(`input_${this.graph.size}`, { shape, dtype: dataTypeOfValues(data) }),
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
    this.state.push({ changes: targets.length > 0 });
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

  private trace<T>(compute: Parameters<Trace<T>>[0]): ReturnType<Trace<T>> {
    if (!this.frozen) for (const weight of this.model.weights) this.state.add(weight.read() as tf.Variable);
    return trace(this.graph, this.backend, this.state.values(), (tracer) =>
      withFusedKernels(this.backend, () => compute(tracer)),
    );
  }

  /** What a traced step is bound to: where one of these is another, the step must be traced anew. */
  private trainingParts(): readonly unknown[] {
    const { optimizer } = this.model;
    return [optimizer, trainable(this.model).collectedTrainableWeights, ...slotsOf(optimizer)];
  }
}

function sameItems(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, i) => item === b[i]);
}
