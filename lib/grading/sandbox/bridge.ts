import { types } from 'node:util';
import { decodeFrame, encodeFrame, type Message, type MessageKind, ProtocolError } from './codec';
import type { Access } from './remote-proxy';
import { RemoteValues } from './remote-values';
import { type Snapshot, snapshot } from './restore';
import { tensorCount } from './tensor-values';
import { type Frame, Transport } from './transport';

/** Why nothing more comes from the other process. */
export type Loss = 'closed' | 'garbled' | 'timeout';

/** The other process did not answer: it ended, sent what is no message, or took too long. */
export class LostError extends Error {
  override name = 'LostError';
  readonly loss: Loss;
  constructor(loss: Loss) {
    super(lossInWords[loss]);
    this.loss = loss;
  }
}

const lossInWords: Readonly<Record<Loss, string>> = {
  closed: 'the answer ended its process',
  garbled: 'the answer wrote on the line to its tests',
  timeout: 'not finished in time',
};

export interface BridgeOptions {
  /** Descriptors of the two pipes. */
  readonly input: number;
  readonly output: number;
  /**
   * Of this process's own objects the other one may call functions and read what they have themselves or from a class of
   * the course: `caution` keeps it from what every object has, such as `constructor`, by which any code can be run.
   */
  readonly caution: boolean;
  /** Milliseconds that an answer may take, asked before each question. */
  readonly timeLeftMs: () => number;
  /** Told how many tensors the other process holds for itself, with each of its messages. */
  readonly onTensors?: (count: number) => void;
}

/** An object that answers a question, and how the objects of the question were. */
interface Context {
  readonly objects: readonly object[];
  readonly before: readonly (Snapshot | undefined)[];
}

const noContext: Context = { objects: [], before: [] };
const accesses: readonly MessageKind[] = ['call', 'new', 'get', 'set', 'has', 'keys'];

/**
 * One end of the line between the tests and an answer. Functions of the other process are called as if they were here: the
 * caller waits, and meanwhile serves what the other one calls. What a function changes in its arguments is changed here, too.
 */
export class Bridge {
  /** Why there is no other process any more. */
  loss: Loss | undefined;
  readonly values: RemoteValues;
  private readonly transport: Transport;
  private readonly options: BridgeOptions;
  private readonly replies = new Map<number, Message>();
  private readonly waiting = new Set<number>();
  private readonly others: Message[] = [];
  private lastId = 0;
  private context = noContext;
  private readonly lossListeners: (() => void)[] = [];

  constructor(options: BridgeOptions) {
    this.options = options;
    this.values = new RemoteValues({
      ask: (access, target, { key, values }) => this.ask(access, { target, key, values }),
      onPromise: (promise, handle) => this.settleLater(promise, handle, this.context),
    });
    this.transport = new Transport(options);
    this.transport.onFrame((frame) => this.receive(frame));
  }

  /** Asks about an object of the other process and waits for the reply; throws what the other one threw. */
  ask(
    kind: Access | 'start',
    { target = 0, key = '', values = [] }: { target?: number; key?: string; values?: readonly unknown[] },
  ): unknown {
    if (this.loss) throw new LostError(this.loss);
    const packed = this.values.pack(values);
    const id = ++this.lastId;
    this.waiting.add(id);
    this.send({ kind, id, target, key }, packed);
    const reply = this.replyTo(id, performance.now() + this.options.timeLeftMs());
    const result = this.believe(() => this.values.unpack(reply, packed.objects).values[0]);
    if (reply.kind === 'throw') throw thrown(result);
    return result;
  }

  /** Tells the other process that this one is there. */
  hello(): void {
    this.send({ kind: 'hello', id: 0, target: 0, key: '' }, this.values.pack([]));
  }

  /** The next message that is neither a reply nor a question, such as `hello`. */
  waitFor(kind: MessageKind): Message {
    const until = performance.now() + this.options.timeLeftMs();
    for (;;) {
      const at = this.others.findIndex((message) => message.kind === kind);
      if (at >= 0) return this.others.splice(at, 1)[0];
      this.takeNext(until);
    }
  }

  /** Answers a question of the other process, `start` included, by what `work` gives. */
  answer(message: Message, work: (values: readonly unknown[]) => unknown): void {
    const { values, objects } = this.values.unpack(message);
    const context = { objects, before: objects.map(snapshot) };
    const reply = (kind: 'return' | 'throw', value: unknown) => {
      const outer = this.context;
      this.context = context;
      try {
        const packed = this.values.pack([value], { objects, changedFrom: context.before });
        this.send({ kind, id: message.id, target: 0, key: '' }, packed);
      } finally {
        this.context = outer;
      }
    };
    let result: unknown;
    try {
      result = work(values);
    } catch (error) {
      reply('throw', error);
      return;
    }
    try {
      reply('return', result);
    } catch (error) {
      reply('throw', error); // such as a result too large to be sent
    }
  }

  onLoss(listener: () => void): void {
    this.lossListeners.push(listener);
  }

  close(): void {
    this.lose('closed');
  }

  lose(loss: Loss): void {
    if (this.loss) return;
    this.loss = loss;
    this.transport.close();
    this.values.abandon(new LostError(loss));
    for (const listener of this.lossListeners) listener();
  }

  private send(
    { kind, id, target, key }: Pick<Message, 'kind' | 'id' | 'target' | 'key'>,
    { values, nodes, updates, chunks }: ReturnType<RemoteValues['pack']>,
  ): void {
    const disposed = this.values.takeDisposed();
    const tensors = this.options.onTensors ? 0 : Math.max(0, tensorCount() - this.values.sharedTensors());
    const frame = encodeFrame({ kind, id, target, key, values, nodes, updates, disposed, tensors }, chunks);
    try {
      this.transport.send(frame);
    } catch {
      this.lose('closed');
      throw new LostError('closed');
    }
  }

  private replyTo(id: number, until: number): Message {
    try {
      for (;;) {
        const reply = this.replies.get(id);
        if (reply) return reply;
        this.takeNext(until);
      }
    } finally {
      this.replies.delete(id);
      this.waiting.delete(id);
    }
  }

  private takeNext(until: number): void {
    if (this.loss) throw new LostError(this.loss);
    const frame = this.transport.wait(until - performance.now());
    if (frame) this.receive(frame);
    else this.lose('timeout');
    if (this.loss) throw new LostError(this.loss);
  }

  private receive(frame: Frame): void {
    if (this.loss) return;
    if ('ended' in frame) {
      this.lose(frame.ended);
      return;
    }
    try {
      this.believe(() => {
        const message = decodeFrame(frame.header, frame.data);
        this.values.dispose(message.disposed);
        this.options.onTensors?.(message.tensors);
        this.handle(message);
      });
    } catch (error) {
      if (!(error instanceof LostError)) throw error;
    }
  }

  /** Works with what the other process sent; whatever is wrong with that ends the conversation. */
  private believe<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      if (error instanceof LostError) throw error;
      this.lose('garbled');
      throw new LostError('garbled');
    }
  }

  private handle(message: Message): void {
    const { kind, id } = message;
    if (kind === 'return' || kind === 'throw') {
      if (!this.waiting.has(id)) throw new ProtocolError('a reply to no question');
      this.replies.set(id, message);
    } else if (kind === 'resolve' || kind === 'reject') {
      const { resolve, reject, objects } = this.values.settled(message.target);
      const { values } = this.values.unpack(message, objects);
      if (kind === 'resolve') resolve(values[0]);
      else reject(thrown(values[0]));
    } else if (accesses.includes(kind)) {
      this.values.own(message.target);
      this.answer(message, (values) => this.serve(message, values));
    } else {
      if (this.others.length > 10) throw new ProtocolError('too many greetings');
      this.others.push(message);
    }
  }

  private serve({ kind, target, key }: Message, values: readonly unknown[]): unknown {
    const object = this.values.own(target);
    if (kind === 'call') {
      if (typeof object !== 'function') throw new TypeError('not a function');
      return Reflect.apply(object, values[0], values.slice(1));
    }
    if (this.options.caution && !isOpen(object, key)) return undefined;
    const property = symbols.get(key) ?? key;
    if (kind === 'get') return Reflect.get(object, property);
    if (kind === 'has') return Reflect.has(object, property);
    if (kind === 'keys') return Object.keys(object);
    if (this.options.caution) throw new TypeError(`${kind} is not possible with an object of the tests`);
    if (kind === 'set') return Reflect.set(object, property, values[0]);
    return Reflect.construct(object as new () => object, values);
  }

  private settleLater(promise: Promise<unknown>, handle: number, { objects, before }: Context): void {
    const settle = (kind: 'resolve' | 'reject') => (value: unknown) => {
      if (this.loss) return;
      try {
        const packed = this.values.pack([value], { objects, changedFrom: before });
        this.send({ kind, id: 0, target: handle, key: '' }, packed);
      } catch (error) {
        if (!this.loss)
          this.send({ kind: 'reject', id: 0, target: handle, key: '' }, this.values.pack([error]));
      }
    };
    promise.then(settle('resolve'), settle('reject'));
  }
}

/** What was thrown elsewhere, as something to be thrown here: to look at a proxy would ask the other process. */
function thrown(value: unknown): unknown {
  return types.isProxy(value) ? new Error('threw what is no error') : value;
}

const symbols = new Map<string, symbol>([
  ['@@iterator', Symbol.iterator],
  ['@@asyncIterator', Symbol.asyncIterator],
]);

/** Whether a property is the object's own or its class's, not one that every object or function has. */
function isOpen(object: object, key: string): boolean {
  if (key === 'constructor' || key === '__proto__' || key === 'prototype') return false;
  if (typeof object === 'function') return Object.prototype.propertyIsEnumerable.call(object, key);
  const property = symbols.get(key) ?? key;
  for (let at: object | null = object; at && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    if (Object.hasOwn(at, property)) return true;
  }
  return key === '';
}
