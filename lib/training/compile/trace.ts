import * as tf from '@tensorflow/tfjs';
import { type Binding, type DataId, type NodeBackend, type OutputMetadata, withReplaced } from './binding';
import { type Graph, type Output, type TensorData, UntraceableError } from './graph';
import { addSimplified } from './simplify';

/** Between tensors and the graph, while a computation is traced. */
export interface Tracer {
  readonly graph: Graph;
  /** A tensor that stands for `output`. */
  tensor(output: Output): tf.Tensor;
  /** The output that `tensor` stands for; a tensor with values becomes a constant. */
  output(tensor: tf.Tensor): Output;
}

export interface Traced<T> {
  readonly result: T;
  /** The new value of each variable that the computation assigned. */
  readonly assigned: ReadonlyMap<tf.Variable, Output>;
}

/**
 * Calls `compute` once and adds to `graph` a node for every operation on tensors it makes. Nothing is computed;
 * TensorFlow only infers the shapes. `variables` tell where each variable's value comes from; what is assigned to them
 * is recorded and undone. Any other tensor from before becomes a constant. Throws an `UntraceableError` where
 * JavaScript asks for a value that only the running graph will have.
 */
export function trace<T>(
  graph: Graph,
  backend: NodeBackend,
  variables: ReadonlyMap<tf.Variable, Output>,
  compute: (tracer: Tracer) => T,
): Traced<T> {
  const symbols = new Symbols(graph, backend);
  const kept = [...variables].map(([variable, output]) => {
    symbols.bind(variable.dataId, output);
    return { variable, dataId: variable.dataId, value: variable.clone() };
  });
  const methods: Partial<NodeBackend> = {
    binding: symbols.binding(),
    getInputTensorIds: (tensors) => tensors.map((tensor) => symbols.idOf(tensor)),
    readSync: (dataId) => symbols.read(dataId),
  };
  return withReplaced<Partial<NodeBackend>, Traced<T>>(backend, methods, () => {
    const assigned = new Map<tf.Variable, Output>();
    try {
      const tracer: Tracer = {
        graph,
        tensor: (output) => backend.createOutputTensor(symbols.add(output)),
        output: (tensor) => symbols.output(symbols.idOf(tensor)),
      };
      return { result: tf.tidy(() => compute(tracer) as tf.TensorContainer) as T, assigned };
    } finally {
      for (const { variable, dataId, value } of kept) {
        if (variable.dataId !== dataId) {
          assigned.set(variable, symbols.output(symbols.idOf(variable)));
          variable.assign(value);
        }
        value.dispose();
      }
    }
  });
}

/** Which output of the graph each tensor stands for. */
class Symbols {
  private readonly native: Binding;
  private readonly outputs = new Map<number, Output>(); // by an id that stands in for TensorFlow's own
  private readonly ids = new Map<DataId, number>(); // of variables and of tensors from before the trace
  private nextId = 2 ** 40; // far above what TensorFlow's binding counts to

  constructor(
    private readonly graph: Graph,
    private readonly backend: NodeBackend,
  ) {
    this.native = backend.binding;
  }

  add(output: Output): OutputMetadata {
    this.outputs.set(this.nextId, output);
    return { id: this.nextId++, shape: [...output.shape], dtype: output.dtype };
  }

  bind(dataId: DataId, output: Output): number {
    const { id } = this.add(output);
    this.ids.set(dataId, id);
    return id;
  }

  output(id: number): Output {
    const output = this.outputs.get(id);
    if (!output) throw new UntraceableError('it uses a tensor whose origin is not known');
    return output;
  }

  idOf({ dataId }: tf.Tensor): number {
    const bound = this.ids.get(dataId);
    if (bound !== undefined) return bound;
    const { id, shape, dtype, values } = this.backend.tensorMap.get(dataId);
    if (values === null && this.outputs.has(id)) return id;
    const data = values ?? this.native.tensorDataSync(id);
    return this.bind(dataId, this.graph.constant(data, { shape, dtype }));
  }

  read(dataId: DataId): TensorData {
    const { id, values } = this.backend.tensorMap.get(dataId);
    if (this.outputs.has(this.ids.get(dataId) ?? id) && values === null) {
      throw new UntraceableError('it reads the values of a tensor while it computes');
    }
    return values ?? this.native.tensorDataSync(id);
  }

  /** TensorFlow's binding, except that operations become nodes. */
  binding(): Binding {
    const own: Partial<Binding> = {
      createTensor: (shape, dtype, data) => this.add(this.graph.constant(data, { shape, dtype })).id,
      deleteTensor: (id) => {
        if (!this.outputs.has(id)) this.native.deleteTensor(id);
      },
      executeOp: (op, attributes, inputs) =>
        addSimplified(
          this.graph,
          op,
          inputs.map((id) => this.output(id)),
          attributes,
        ).map((output) => this.add(output)),
    };
    const properties = Object.entries(own).map(([name, value]) => [name, { value }]);
    return Object.create(this.native, Object.fromEntries(properties)) as Binding; // its own are read-only
  }
}
