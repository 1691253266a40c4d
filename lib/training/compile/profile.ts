/** How long one operation of a graph took in one run. */
export interface OperationTime {
  /** Of the node in the graph as TensorFlow rewrote it. */
  readonly name: string;
  /** TensorFlow's name of what it does, such as `Conv2D`. */
  readonly op: string;
  /** From the start of the run. */
  readonly startMs: number;
  readonly durationMs: number;
}

/**
 * The operations in a serialized RunMetadata, in the order of their start:
 * https://github.com/tensorflow/tensorflow/blob/v2.21.0/tensorflow/core/framework/step_stats.proto
 */
export function operationTimes(metadata: ArrayBuffer): OperationTime[] {
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();
  const found = fieldsOf(new Uint8Array(metadata), 1) // RunMetadata.step_stats
    .flatMap((stats) => fieldsOf(stats, 1)) // StepStats.dev_stats
    .flatMap((device) => fieldsOf(device, 2)) // DeviceStepStats.node_stats
    .map((node) => {
      const [name] = fieldsOf(node, 1).map(text);
      const [label = ''] = fieldsOf(node, 8).map(text); // NodeExecStats.timeline_label, "name = Op(inputs)"
      const [start = 0] = numbersOf(node, 2);
      const [begin = 0] = numbersOf(node, 3);
      const [end = 0] = numbersOf(node, 4);
      return { name, op: /= (\w+)\(/.exec(label)?.[1] ?? name, start: start + begin, duration: end - begin };
    });
  const first = Math.min(...found.map(({ start }) => start));
  return found
    .map(({ name, op, start, duration }) => ({
      name,
      op,
      startMs: (start - first) / 1000,
      durationMs: duration / 1000,
    }))
    .sort((a, b) => a.startMs - b.startMs);
}

// Protobuf's wire format: https://protobuf.dev/programming-guides/encoding/

interface Field {
  readonly number: number;
  readonly value: number | Uint8Array;
}

function fieldsOf(message: Uint8Array, number: number): Uint8Array[] {
  return [...decode(message)].flatMap((field) =>
    field.number === number && typeof field.value !== 'number' ? [field.value] : [],
  );
}

function numbersOf(message: Uint8Array, number: number): number[] {
  return [...decode(message)].flatMap((field) =>
    field.number === number && typeof field.value === 'number' ? [field.value] : [],
  );
}

function* decode(message: Uint8Array): Generator<Field> {
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = message[at++];
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const key = varint();
    const number = Math.floor(key / 8);
    switch (key % 8) {
      case 0:
        yield { number, value: varint() };
        break;
      case 2: {
        const length = varint();
        yield { number, value: message.subarray(at, at + length) };
        at += length;
        break;
      }
      default:
        at += key % 8 === 1 ? 8 : 4; // numbers of fixed length, which these messages do not use
    }
  }
}
