import assert from 'node:assert/strict';
import { decodeSafetensors, encodeSafetensors, type NamedArray } from '../lib/safetensors';

// Written by safetensors 0.8.0 and NumPy 2.4.6:
//   import numpy as np
//   from safetensors.numpy import save
//   save({
//       'kernel': np.array([[1, -2.5], [0.5, 3]], np.float32),
//       'none': np.zeros((0, 3), np.float32),
//       'labels': np.array([7, -1], np.int32),
//       'pixels': np.array([0, 128, 255], np.uint8),
//       'step': np.array(2**40, np.int64),
//   }, {'framework': 'numpy'}).hex()
const fromPython = Buffer.from(
  [
    '50010000000000007b225f5f6d657461646174615f5f223a7b226672616d65776f726b223a226e756d7079227d2c2273',
    '746570223a7b226474797065223a22493634222c227368617065223a5b5d2c22646174615f6f666673657473223a5b30',
    '2c385d7d2c226b65726e656c223a7b226474797065223a22463332222c227368617065223a5b322c325d2c2264617461',
    '5f6f666673657473223a5b382c32345d7d2c226e6f6e65223a7b226474797065223a22463332222c227368617065223a',
    '5b302c335d2c22646174615f6f666673657473223a5b32342c32345d7d2c226c6162656c73223a7b226474797065223a',
    '22493332222c227368617065223a5b325d2c22646174615f6f666673657473223a5b32342c33325d7d2c22706978656c',
    '73223a7b226474797065223a225538222c227368617065223a5b335d2c22646174615f6f666673657473223a5b33322c',
    '33355d7d7d20202000000000000100000000803f000020c00000003f0000404007000000ffffffff0080ff',
  ].join(''),
  'hex',
);
const arrays: Record<string, NamedArray> = {
  kernel: { shape: [2, 2], data: Float32Array.of(1, -2.5, 0.5, 3) },
  none: { shape: [0, 3], data: new Float32Array(0) },
  labels: { shape: [2], data: Int32Array.of(7, -1) },
  pixels: { shape: [3], data: Uint8Array.of(0, 128, 255) },
  step: { shape: [], data: BigInt64Array.of(2n ** 40n) },
};

/** A file of any header and numbers, right or wrong. */
function fileOf(header: string | object, numbers = new Uint8Array(0)): Buffer {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header), 'latin1');
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, numbers]);
}

const entry = (shape: unknown, begin: unknown, end: unknown, dtype: unknown = 'U8') => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

describe('encodeSafetensors', () => {
  it('gives the same bytes as Python', () => {
    const bytes = encodeSafetensors({ tensors: arrays, metadata: { framework: 'numpy' } });
    assert.equal(Buffer.from(bytes).toString('hex'), fromPython.toString('hex'));
  });

  it('does not depend on the order of the names', () => {
    const tensors = Object.fromEntries(Object.entries(arrays).reverse());
    assert.deepEqual(
      encodeSafetensors({ tensors, metadata: { b: '1', a: '2' } }),
      encodeSafetensors({ tensors: arrays, metadata: { a: '2', b: '1' } }),
    );
  });

  it('aligns every array to its type, whatever the names and sizes', () => {
    const tensors = {
      ...arrays,
      '2': arrays.pixels,
      a: arrays.pixels,
      wide: { shape: [1], data: new Float64Array(1) },
    };
    const bytes = Buffer.from(encodeSafetensors({ tensors }));
    const length = Number(bytes.readBigUInt64LE());
    const entries = Object.values(JSON.parse(bytes.toString('utf8', 8, 8 + length))) as ReturnType<
      typeof entry
    >[];
    assert.equal(length % 8, 0);
    assert.equal(entries.length, 8);
    for (const { dtype, data_offsets } of entries) {
      const width = { I64: 8, F64: 8, F32: 4, I32: 4, U8: 1 }[dtype as string];
      assert.equal(Number(data_offsets[0]) % (width as number), 0);
    }
  });

  it('takes views into larger buffers', () => {
    const { data } = decodeSafetensors(
      encodeSafetensors({
        tensors: { view: { shape: [2], data: Float32Array.of(1, 2, 3, 4).subarray(1, 3) } },
      }),
    ).tensors.view;
    assert.deepEqual(data, Float32Array.of(2, 3));
  });

  it('refuses a shape that does not fit, and the name that the format keeps for itself', () => {
    const encode = (name: string, shape: number[]) => () =>
      encodeSafetensors({ tensors: { [name]: { shape, data: new Float32Array(5) } } });
    assert.throws(encode('a', [2, 2]), {
      name: 'RangeError',
      message: 'expected a shape of 5 numbers for "a", got [ 2, 2 ]',
    });
    assert.throws(encode('a', [2.5, 2]), RangeError);
    assert.throws(encode('__metadata__', [5]), RangeError);
  });
});

describe('decodeSafetensors', () => {
  it('reads what Python wrote', () => {
    const { tensors, metadata } = decodeSafetensors(fromPython);
    assert.deepEqual({ ...tensors }, arrays);
    assert.deepEqual({ ...metadata }, { framework: 'numpy' });
  });

  it('reads half precision, bfloat16 and booleans', () => {
    // As above: save({'mask': np.array([True, False]),
    //   'half': np.array([1, -2.5, 65504, 6e-8, np.inf, -np.nan, -0.0, 0.1], np.float16)}).hex()
    const bytes = Buffer.from(
      [
        '78000000000000007b2268616c66223a7b226474797065223a22463136222c227368617065223a5b385d2c2264617461',
        '5f6f666673657473223a5b302c31365d7d2c226d61736b223a7b226474797065223a22424f4f4c222c22736861706522',
        '3a5b325d2c22646174615f6f666673657473223a5b31362c31385d7d7d202020003c00c1ff7b0100007c00fe0080662e',
        '0100',
      ].join(''),
      'hex',
    );
    const { half, mask } = decodeSafetensors(bytes).tensors;
    const expected = [1, -2.5, 65504, 2 ** -24, Number.POSITIVE_INFINITY, Number.NaN, -0, 0.0999755859375];
    assert.deepEqual(half.data, Float32Array.from(expected));
    assert.deepEqual(mask.data, Uint8Array.of(1, 0));
    const brain = fileOf({ a: entry([2], 0, 4, 'BF16') }, Uint8Array.of(0x80, 0x3f, 0x20, 0xc0));
    assert.deepEqual(decodeSafetensors(brain).tensors.a.data, Float32Array.of(1, -2.5));
  });

  it('reads a view that is not aligned, and copies', () => {
    const large = Buffer.concat([Uint8Array.of(9), fromPython]);
    const { tensors } = decodeSafetensors(large.subarray(1));
    large.fill(0);
    assert.deepEqual({ ...tensors }, arrays);
  });

  it('reads empty files, and files in any order', () => {
    assert.deepEqual({ ...decodeSafetensors(fileOf('{}  ')).tensors }, {});
    const unordered = fileOf(
      { b: entry([1], 1, 2), none: entry([0], 1, 1), a: entry([1], 0, 1) },
      Uint8Array.of(4, 5),
    );
    const { a, b, none } = decodeSafetensors(unordered).tensors;
    assert.deepEqual([a.data[0], b.data[0], none.data.length], [4, 5, 0]);
  });

  it('keeps names that mean something to JavaScript', () => {
    const names = ['__proto__', 'constructor', '2', '1', 'ü/é'];
    const tensors = Object.fromEntries(
      names.map((name, i) => [name, { shape: [1], data: Uint8Array.of(i) }]),
    );
    const metadata = Object.fromEntries([['__proto__', 'text']]);
    const decoded = decodeSafetensors(encodeSafetensors({ tensors, metadata }));
    assert.deepEqual(Object.keys(decoded.tensors).sort(), [...names].sort());
    for (const [i, name] of names.entries()) assert.deepEqual(decoded.tensors[name].data, Uint8Array.of(i));
    assert.deepEqual(Object.entries(decoded.metadata), [['__proto__', 'text']]);
    assert.equal(decoded.tensors.toString, undefined);
  });

  const huge = fileOf('{}');
  huge.writeBigUInt64LE(2n ** 64n - 1n);
  const two = Uint8Array.of(1, 2);
  for (const [what, bytes, message] of [
    ['is empty', new Uint8Array(0), 'a safetensors file of 8 bytes or more, got 0'],
    ['ends in its header', fromPython.subarray(0, 99), 'a safetensors header of at most 91 bytes, got 336'],
    ['claims a huge header', huge, 'a safetensors header of at most 2 bytes, got 18446744073709552000'],
    [
      'has no header',
      new Uint8Array(9),
      'a safetensors header that begins with byte 123, "{", got undefined',
    ],
    ['has an array as header', fileOf('[]'), 'a safetensors header that begins with byte 123, "{", got 91'],
    ['has a broken header', fileOf('{"a":'), /^a\.st: expected a header of JSON in UTF-8, got '.*JSON/],
    [
      'is not UTF-8',
      fileOf('{"\xff":1}'),
      /^a\.st: expected a header of JSON in UTF-8, got 'The encoded data/,
    ],
    [
      'has other metadata',
      fileOf({ __metadata__: { a: 1 } }),
      'an object of strings as __metadata__, got { a: 1 }',
    ],
    ['has no entry', fileOf({ a: 1 }), "an object as the entry of tensor 'a', got 1"],
    [
      'has an unknown dtype',
      fileOf({ a: entry([1], 0, 1, 'toString') }),
      "I64, F64, F32, I32, BF16, F16, U8, BOOL as the dtype of tensor 'a', got 'toString'",
    ],
    [
      'has a negative size',
      fileOf({ a: entry([-1], 0, 1) }),
      "whole numbers as the shape of tensor 'a', got [ -1 ]",
    ],
    [
      'has no shape',
      fileOf({ a: { dtype: 'U8' } }),
      "whole numbers as the shape of tensor 'a', got undefined",
    ],
    [
      'has offsets of text',
      fileOf({ a: entry([1], '0', 1) }),
      "[begin, end] as the data_offsets of tensor 'a', got [ '0', 1 ]",
    ],
    [
      'has a shape of other size',
      fileOf({ a: entry([3], 0, 2) }, two),
      "3 bytes for U8 [ 3 ] of tensor 'a', got 2",
    ],
    ['counts backwards', fileOf({ a: entry([1], 2, 1) }, two), "1 bytes for U8 [ 1 ] of tensor 'a', got -1"],
    [
      'overflows in its shape',
      fileOf({ a: entry([2 ** 52, 2 ** 52, 2 ** 52], 0, 2) }, two),
      /expected 9\.1\d+e\+46 bytes for U8/,
    ],
    [
      'overlaps',
      fileOf({ a: entry([2], 0, 2), b: entry([1], 1, 2) }, two),
      "tensor 'b' to begin at byte 2, got 1",
    ],
    ['has a hole', fileOf({ a: entry([1], 1, 2) }, two), "tensor 'a' to begin at byte 0, got 1"],
    [
      'hides bytes at its end',
      fileOf({ a: entry([1], 0, 1) }, two),
      '1 bytes of numbers behind the header, got 2',
    ],
    ['is cut short', fromPython.subarray(0, 378), '35 bytes of numbers behind the header, got 34'],
    [
      'names a tensor twice',
      fileOf(
        '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}',
        two,
      ),
      "tensor 'a' to begin at byte 0, got 1",
    ],
  ] as const) {
    it(`refuses a file that ${what}`, () => {
      const expected = typeof message === 'string' ? `a.st: expected ${message}` : message;
      assert.throws(() => decodeSafetensors(bytes, { source: 'a.st' }), {
        name: 'CourseError',
        message: expected,
      });
    });
  }

  it('answers a hostile name or nesting with a short sentence', () => {
    for (const header of [
      `{"${'a'.repeat(100_000)}":1}`,
      `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
      JSON.stringify({
        a: { dtype: Object.fromEntries(Array.from({ length: 1e4 }, (_, i) => [`\n${i}`, i])) },
      }),
    ]) {
      assert.throws(
        () => decodeSafetensors(fileOf(header)),
        (error: Error) =>
          error.name === 'CourseError' && error.message.length < 300 && !error.message.includes('\n'),
      );
    }
  });

  it('checks the ranges before it copies anything', () => {
    const numbers = new Uint8Array(2 ** 20);
    const overlapping = Object.fromEntries(
      Array.from({ length: 10_000 }, (_, i) => [`t${i}`, entry([2 ** 20], 0, 2 ** 20)]), // 10 GB of copies
    );
    assert.throws(() => decodeSafetensors(fileOf(overlapping, numbers)), /to begin at byte 1048576, got 0/);
  });
});
