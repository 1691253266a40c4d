import assert from 'node:assert/strict';
import { decodeFrame, encodeFrame, type Message, ProtocolError } from '../../../lib/grading/sandbox/codec';

const message: Omit<Message, 'data'> = {
  kind: 'call',
  id: 7,
  target: 2,
  key: 'naïve \ud800',
  values: [1, 'a', null, ['u'], ['n', 'NaN'], ['r', 0]],
  nodes: [
    { is: 'bytes', range: { offset: 0, length: 3 } },
    { is: 'view', type: 'Uint8Array', buffer: 0, offset: 1, length: 2 },
  ],
  updates: [[0, { is: 'array', items: [['h'], 1] }]],
  disposed: [4],
  tensors: 9,
};

/** The two parts of a frame. */
function parts(frame: Buffer): [Buffer, Buffer] {
  const length = frame.readUInt32LE(0);
  return [frame.subarray(8, 8 + length), frame.subarray(8 + length)];
}

/** Decodes a header in which one of the fields is another. */
function decodeWith(place: number, value: unknown, data = Buffer.of(1, 2, 3)): Message {
  const [header] = parts(encodeFrame(message, []));
  const fields = JSON.parse(header.toString());
  fields[place] = value;
  return decodeFrame(Buffer.from(JSON.stringify(fields)), data);
}

describe('codec', () => {
  it('reads what it wrote', () => {
    const frame = encodeFrame(message, [Buffer.of(1, 2), Buffer.of(3)]);
    const { data, ...read } = decodeFrame(...parts(frame));
    assert.deepEqual(read, message);
    assert.deepEqual([...data], [1, 2, 3]);
  });

  it('refuses a header that is no message', () => {
    for (const header of ['', '[', '{}', '7', '[]', '["call"]', '[[[[[[[[[[[']) {
      assert.throws(() => decodeFrame(Buffer.from(header), Buffer.alloc(0)), ProtocolError, header);
    }
  });

  it('refuses words, numbers and values of another kind', () => {
    const wrong: [number, unknown][] = [
      [0, 'eval'],
      [1, -1],
      [1, 1.5],
      [1, 'constructor'],
      [3, 7],
      [4, [{}]],
      [4, [['n', 'Number']]],
      [4, [['i', '1'.repeat(6000)]]],
      [4, [['x']]],
      [5, [{ is: 'code', text: '1' }]],
      [5, [{ is: 'object', plain: true, keys: ['a', 'b'], items: [1] }]],
      [5, [{ is: 'view', type: 'constructor', buffer: 0, offset: 0, length: 1 }]],
      [5, [null]],
      [5, new Array(500_001).fill(0)],
    ];
    for (const [place, value] of wrong) assert.throws(() => decodeWith(place, value), ProtocolError);
  });

  it('refuses bytes that are not there', () => {
    const node = (offset: number, length: number) => [{ is: 'bytes', range: { offset, length } }];
    assert.equal(decodeWith(5, node(1, 2)).nodes.length, 1);
    assert.throws(() => decodeWith(5, node(2, 2)), ProtocolError);
    assert.throws(() => decodeWith(5, node(0, 2 ** 53)), ProtocolError);
  });

  it('sends nothing that is too large to be taken', () => {
    const large = { ...message, key: 'x'.repeat(17 << 20) };
    assert.throws(() => encodeFrame(large, []), /too many to hand over/);
  });
});
