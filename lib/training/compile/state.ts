import * as tf from '@tensorflow/tfjs';
import {
  type Binding,
  type DataId,
  dataTypeOf,
  type NodeBackend,
  type TensorEntry,
  typedArray,
} from './binding';
import { attribute, type Feed, type Graph, type Output } from './graph';

/** A variable inside the graph. */
export interface GraphVariable {
  readonly variable: tf.Variable;
  /** What assignments and optimizers write to. */
  readonly handle: Output;
  /** Its value; whatever writes to it must run after this. */
  readonly value: Output;
}

interface Entry extends GraphVariable {
  readonly input: Output;
  readonly assign: string;
  /** The memory outside that holds the graph's value; another one means that someone assigned a value. */
  known?: DataId;
  /** That memory, where its values come from the graph. */
  mirror?: Mirror;
}

/**
 * Variables whose values live in a graph. Outside they stay ordinary `tf.Variable`s: whoever reads one gets the graph's
 * value, fetched then and not before; what is assigned to one is brought in by the next `push`.
 */
export class GraphState {
  private readonly entries = new Map<tf.Variable, Entry>();
  private readonly native: Binding;
  /** Variables ever added: a name is given once, since the graph keeps those that are gone. */
  private added = 0;

  constructor(
    private readonly graph: Graph,
    private readonly backend: NodeBackend,
  ) {
    this.native = backend.binding;
  }

  /** Takes a variable over; a second time it is only looked up. */
  add(variable: tf.Variable): GraphVariable {
    const known = this.entries.get(variable);
    if (known) return known;
    const { graph } = this;
    const index = this.added++;
    const shape = [...variable.shape];
    const dtype = dataTypeOf(variable.dtype);
    const attributes = [attribute.type('dtype', dtype)];
    const handle = graph.one('VarHandleOp', [], {
      attributes: [
        ...attributes,
        attribute.shape('shape', shape),
        attribute.string('shared_name', `v${index}`),
      ],
    });
    const value = graph.one('ReadVariableOp', [handle], { attributes });
    const input = graph.placeholder(`variable_${index}`, { shape, dtype });
    // A copy, since the variable would otherwise hold on to memory that belongs to JavaScript.
    const copy = graph.one('DeepCopy', [input], { attributes: [attribute.type('T', dtype)] });
    const assign = graph.effect('AssignVariableOp', [handle, copy], { attributes });
    const entry: Entry = { variable, handle, value, input, assign };
    this.entries.set(variable, entry);
    return entry;
  }

  /** Where each variable's value comes from in the graph. */
  values(): Map<tf.Variable, Output> {
    this.forgetDisposed();
    return new Map([...this.entries.values()].map(({ variable, value }) => [variable, value]));
  }

  /**
   * Brings in what was assigned since the last time. Call it before every run; `changes` says whether the run may give
   * the variables new values.
   */
  push({ changes }: { changes: boolean }): void {
    this.forgetDisposed();
    const feeds: Feed[] = [];
    const targets: string[] = [];
    for (const entry of this.entries.values()) {
      const { variable, input, assign } = entry;
      if (variable.dataId !== entry.known) {
        feeds.push({ name: input.ref, shape: input.shape, dtype: input.dtype, data: variable.dataSync() });
        targets.push(assign);
        entry.known = variable.dataId;
        entry.mirror = undefined;
      }
      if (changes && !entry.mirror?.isFresh) {
        entry.mirror?.fetch(); // a clone shares its memory and keeps the present value
        entry.mirror = this.mirror(variable);
        entry.known = entry.mirror.dataId;
      }
    }
    if (targets.length > 0) this.graph.runSync(feeds, [], targets);
  }

  /** Those of an optimizer that is no longer used. */
  private forgetDisposed(): void {
    for (const { variable } of this.entries.values()) if (variable.isDisposed) this.entries.delete(variable);
  }

  /** Leaves every variable with its present value, independent of the graph. */
  release(): void {
    this.pull();
    this.entries.clear();
  }

  /** Gives `variable` memory that is fetched from the graph when someone asks for it. */
  private mirror(variable: tf.Variable): Mirror {
    const mirror = new Mirror(variable, () => this.pull());
    const engine = tf.engine();
    this.backend.tensorMap.set(mirror.dataId, mirror);
    engine.disposeTensor(variable);
    variable.dataId = mirror.dataId;
    engine.trackTensor(variable, tf.engine().findBackend('tensorflow'));
    return mirror;
  }

  /** Fetches all values at once, so that they belong to the same step. */
  private pull(): void {
    const mirrored = [...this.entries.values()].filter(
      ({ variable, mirror }) => mirror?.dataId === variable.dataId && !mirror.isFetched,
    );
    if (mirrored.length === 0) return;
    const values = this.graph.runSync(
      [],
      mirrored.map(({ value }) => value.ref),
      [],
    );
    mirrored.forEach(({ value: { shape, dtype }, mirror }, i) => {
      mirror?.set(this.native.createTensor(shape, dtype, typedArray(values[i], dtype)));
    });
  }
}

/** Memory of a variable as tfjs-node keeps it, whose values come when its `id` is asked for. */
class Mirror implements TensorEntry {
  readonly dataId: DataId = {};
  readonly shape: number[];
  readonly dtype: number;
  readonly values = null;
  refCount = 1;
  private fetched: number | undefined;

  constructor(
    { shape, dtype }: tf.Variable,
    private readonly pull: () => void,
  ) {
    this.shape = [...shape];
    this.dtype = dataTypeOf(dtype);
  }

  /** Whether nobody has its values, or could have them later on. */
  get isFresh(): boolean {
    return !this.isFetched && this.refCount === 1;
  }

  get isFetched(): boolean {
    return this.fetched !== undefined;
  }

  get id(): number {
    this.fetch();
    return this.fetched as number;
  }

  fetch(): void {
    if (!this.isFetched) this.pull();
  }

  set(id: number): void {
    this.fetched = id;
  }
}
