import assert from 'node:assert/strict';
import { assertClose } from '../../lib/grading/assertions';
import { hidden, question } from '../../lib/grading/questions';

/** A safetensors file with this header; `length` is what it states. */
function fileOf(header: object, { length, rest = 0 }: { length?: number; rest?: number } = {}): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const file = new Uint8Array(8 + json.length + rest);
  new DataView(file.buffer).setBigUint64(0, BigInt(length ?? json.length), true);
  file.set(json, 8);
  return file;
}

const small = { weight: { dtype: 'F32', shape: [2], data_offsets: [0, 8] } };

question<{ readHeader: (file: Uint8Array) => Record<string, unknown> }>(
  'q11.1',
  (answers) => {
    it('reads the JSON behind the eight bytes', () => {
      assert.deepEqual(answers().readHeader(fileOf(small)), small);
    });
    it('stops where the header ends', () => {
      assert.deepEqual(answers().readHeader(fileOf(small, { rest: 8 })), small);
    });
    hidden(() => {
      it('takes the lowest byte first, whatever the length', () => {
        const large = { weight: { dtype: 'F32', shape: [0], data_offsets: [0, 0] }, note: 'x'.repeat(700) };
        assert.deepEqual(answers().readHeader(fileOf(large)), large);
      });
      it('reads a part of a larger memory', () => {
        const memory = new Uint8Array(500).fill(7);
        const file = fileOf(small);
        memory.set(file, 13);
        assert.deepEqual(answers().readHeader(memory.subarray(13, 13 + file.length)), small);
      });
      it('reads names that are not plain ASCII', () => {
        const header = { größe: { dtype: 'F32', shape: [0], data_offsets: [0, 0] } };
        assert.deepEqual(answers().readHeader(fileOf(header)), header);
      });
      it('throws a RangeError where the file is shorter than it says', () => {
        assert.throws(() => answers().readHeader(fileOf(small, { length: 5000 })), RangeError);
      });
    });
  },
  {
    wrongAnswers: [
      {
        name: 'the highest byte first',
        code: `function readHeader(file: Uint8Array): Record<string, unknown> {
          const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
          const length = Number(view.getBigUint64(0));
          if (8 + length > file.length) throw new RangeError('too short');
          return JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length)));
        }`,
        fails: 'reads the JSON behind the eight bytes',
      },
      {
        name: 'reads to the end of the file',
        code: `function readHeader(file: Uint8Array): Record<string, unknown> {
          return JSON.parse(new TextDecoder().decode(file.subarray(8)));
        }`,
        fails: 'stops where the header ends',
      },
      {
        name: 'only the first byte of the length',
        code: `function readHeader(file: Uint8Array): Record<string, unknown> {
          if (8 + file[0] > file.length) throw new RangeError('too short');
          return JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + file[0])));
        }`,
        fails: 'takes the lowest byte first, whatever the length',
      },
      {
        name: 'ignores where the part begins',
        code: `function readHeader(file: Uint8Array): Record<string, unknown> {
          const length = Number(new DataView(file.buffer).getBigUint64(0, true));
          if (8 + length > file.length) throw new RangeError('too short');
          return JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length)));
        }`,
        fails: 'reads a part of a larger memory',
      },
      {
        name: 'one character a byte',
        code: `function readHeader(file: Uint8Array): Record<string, unknown> {
          const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
          const length = Number(view.getBigUint64(0, true));
          if (8 + length > file.length) throw new RangeError('too short');
          return JSON.parse(String.fromCharCode(...file.subarray(8, 8 + length)));
        }`,
        fails: 'reads names that are not plain ASCII',
      },
      {
        name: 'believes the length',
        code: `function readHeader(file: Uint8Array): Record<string, unknown> {
          const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
          const length = Number(view.getBigUint64(0, true));
          return JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length)));
        }`,
        fails: 'throws a RangeError where the file is shorter than it says',
      },
    ],
  },
);

question<{ toPyTorch: (kernel: ArrayLike<number>, shape: readonly number[]) => number[] }>(
  'q11.2',
  (answers) => {
    it('puts the kernels of the outputs one after the other', () => {
      assert.deepEqual(answers().toPyTorch([1, 2, 3, 4, 5, 6], [1, 2, 1, 3]), [1, 4, 2, 5, 3, 6]);
    });
    it('leaves a kernel of one input and one output as it is', () => {
      assert.deepEqual(answers().toPyTorch([1, 2, 3, 4, 5, 6], [2, 3, 1, 1]), [1, 2, 3, 4, 5, 6]);
    });
    hidden(() => {
      it('takes the inputs before height and width', () => {
        // [2, 1, 2, 2]: the value tells h, i and o
        const kernel = [0, 1, 10, 11, 100, 101, 110, 111];
        assert.deepEqual(answers().toPyTorch(kernel, [2, 1, 2, 2]), [0, 100, 10, 110, 1, 101, 11, 111]);
      });
      it('does not confuse height and width', () => {
        const kernel = Float32Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11); // [2, 3, 1, 2]
        assert.deepEqual(answers().toPyTorch(kernel, [2, 3, 1, 2]), [0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11]);
      });
    });
  },
  {
    wrongAnswers: [
      {
        name: 'the same order with other sizes',
        code: `function toPyTorch(kernel: ArrayLike<number>, shape: readonly number[]): number[] {
          return Array.from(kernel);
        }`,
        fails: 'puts the kernels of the outputs one after the other',
      },
      {
        name: 'inputs last',
        code: `function toPyTorch(kernel: ArrayLike<number>, shape: readonly number[]): number[] {
          const [height, width, inputs, outputs] = shape;
          const result: number[] = [];
          for (let o = 0; o < outputs; o++)
            for (let h = 0; h < height; h++)
              for (let w = 0; w < width; w++)
                for (let i = 0; i < inputs; i++)
                  result.push(kernel[((h * width + w) * inputs + i) * outputs + o]);
          return result;
        }`,
        fails: 'takes the inputs before height and width',
      },
      {
        name: 'width before height',
        code: `function toPyTorch(kernel: ArrayLike<number>, shape: readonly number[]): number[] {
          const [height, width, inputs, outputs] = shape;
          const result: number[] = [];
          for (let o = 0; o < outputs; o++)
            for (let i = 0; i < inputs; i++)
              for (let w = 0; w < width; w++)
                for (let h = 0; h < height; h++)
                  result.push(kernel[((h * width + w) * inputs + i) * outputs + o]);
          return result;
        }`,
        fails: 'leaves a kernel of one input and one output as it is',
      },
      {
        name: 'inputs and outputs exchanged',
        code: `function toPyTorch(kernel: ArrayLike<number>, shape: readonly number[]): number[] {
          const [height, width, inputs, outputs] = shape;
          const result: number[] = [];
          for (let i = 0; i < inputs; i++)
            for (let o = 0; o < outputs; o++)
              for (let h = 0; h < height; h++)
                for (let w = 0; w < width; w++)
                  result.push(kernel[((h * width + w) * inputs + i) * outputs + o]);
          return result;
        }`,
        fails: 'takes the inputs before height and width',
      },
    ],
  },
);

question<{
  samePadding: (
    size: number,
    options: { kernel: number; stride: number },
  ) => { before: number; after: number };
}>(
  'q11.3',
  (answers) => {
    it('puts one row on each side of a kernel of 3 with stride 1', () => {
      assert.deepEqual(answers().samePadding(32, { kernel: 3, stride: 1 }), { before: 1, after: 1 });
    });
    it('puts the odd row after', () => {
      assert.deepEqual(answers().samePadding(32, { kernel: 3, stride: 2 }), { before: 0, after: 1 });
    });
    hidden(() => {
      it('asks how many outputs an odd size has', () => {
        assert.deepEqual(answers().samePadding(15, { kernel: 3, stride: 2 }), { before: 1, after: 1 });
      });
      it('takes nothing away where the stride is larger than the kernel', () => {
        assert.deepEqual(answers().samePadding(9, { kernel: 1, stride: 2 }), { before: 0, after: 0 });
        assert.deepEqual(answers().samePadding(8, { kernel: 1, stride: 2 }), { before: 0, after: 0 });
      });
      it('splits an even number of rows', () => {
        assert.deepEqual(answers().samePadding(10, { kernel: 5, stride: 1 }), { before: 2, after: 2 });
        assert.deepEqual(answers().samePadding(10, { kernel: 4, stride: 1 }), { before: 1, after: 2 });
      });
    });
  },
  {
    wrongAnswers: [
      {
        name: "PyTorch's",
        code: `function samePadding(size: number, { kernel, stride }: { kernel: number; stride: number }) {
          const each = Math.floor(kernel / 2);
          return { before: each, after: each };
        }`,
        fails: 'puts the odd row after',
      },
      {
        name: 'the odd row before',
        code: `function samePadding(size: number, { kernel, stride }: { kernel: number; stride: number }) {
          const missing = Math.max(0, (Math.ceil(size / stride) - 1) * stride + kernel - size);
          const after = Math.floor(missing / 2);
          return { before: missing - after, after };
        }`,
        fails: 'puts the odd row after',
      },
      {
        name: 'outputs rounded down',
        code: `function samePadding(size: number, { kernel, stride }: { kernel: number; stride: number }) {
          const missing = Math.max(0, (Math.floor(size / stride) - 1) * stride + kernel - size);
          const before = Math.floor(missing / 2);
          return { before, after: missing - before };
        }`,
        fails: 'asks how many outputs an odd size has',
      },
      {
        name: 'may take rows away',
        code: `function samePadding(size: number, { kernel, stride }: { kernel: number; stride: number }) {
          const missing = (Math.ceil(size / stride) - 1) * stride + kernel - size;
          const before = Math.floor(missing / 2);
          return { before, after: missing - before };
        }`,
        fails: 'takes nothing away where the stride is larger than the kernel',
      },
    ],
  },
);

interface Norm {
  readonly gamma: ArrayLike<number>;
  readonly beta: ArrayLike<number>;
  readonly mean: ArrayLike<number>;
  readonly variance: ArrayLike<number>;
  readonly epsilon: number;
}

question<{ fold: (kernel: ArrayLike<number>, norm: Norm) => { kernel: number[]; bias: number[] } }>(
  'q11.4',
  (answers) => {
    it('scales each number by its channel', () => {
      const norm = { gamma: [1, 3], beta: [0, 0], mean: [0, 0], variance: [4, 9], epsilon: 0 };
      assertClose(answers().fold([2, 2, 4, 4], norm).kernel, [1, 2, 2, 4]);
    });
    it('keeps the shift as the bias', () => {
      const norm = { gamma: [1, 1], beta: [5, -6], mean: [0, 0], variance: [1, 1], epsilon: 0 };
      assertClose(answers().fold([1, 1], norm).bias, [5, -6]);
    });
    hidden(() => {
      it('takes the mean off as it comes out of the new convolution', () => {
        const norm = { gamma: [2], beta: [1], mean: [3], variance: [4], epsilon: 0 };
        assertClose(answers().fold([1], norm).bias, [-2]); // 1 - (2 / 2) * 3
      });
      it('adds epsilon to the variance, not to its root', () => {
        const norm = { gamma: [1], beta: [0], mean: [0], variance: [0.75], epsilon: 0.25 };
        assertClose(answers().fold([3], norm).kernel, [3]);
      });
      it('does what convolution and normalization did', () => {
        const norm = {
          gamma: Float32Array.of(0.5, 2),
          beta: Float32Array.of(0.25, -1),
          mean: Float32Array.of(1, -2),
          variance: Float32Array.of(3, 0.5),
          epsilon: 0.001,
        };
        const kernel = [1, -1, 0.5, 2]; // one pixel of two values, two filters
        const xs = [3, -4];
        const folded = answers().fold(kernel, norm);
        for (const c of [0, 1]) {
          const before = xs[0] * kernel[c] + xs[1] * kernel[2 + c];
          const expected =
            (norm.gamma[c] * (before - norm.mean[c])) / Math.sqrt(norm.variance[c] + norm.epsilon) +
            norm.beta[c];
          const got = xs[0] * folded.kernel[c] + xs[1] * folded.kernel[2 + c] + folded.bias[c];
          assertClose([got], [expected], { tolerance: 1e-5 });
        }
      });
    });
  },
  {
    wrongAnswers: [
      {
        name: 'forgets the root',
        code: `function fold(kernel: ArrayLike<number>, norm: Norm) {
          const scales = Array.from(norm.gamma, (g, c) => g / (norm.variance[c] + norm.epsilon));
          return {
            kernel: Array.from(kernel, (w, n) => w * scales[n % scales.length]),
            bias: scales.map((scale, c) => norm.beta[c] - scale * norm.mean[c]),
          };
        }`,
        fails: 'scales each number by its channel',
      },
      {
        name: 'the channel first',
        code: `function fold(kernel: ArrayLike<number>, norm: Norm) {
          const scales = Array.from(norm.gamma, (g, c) => g / Math.sqrt(norm.variance[c] + norm.epsilon));
          const size = kernel.length / scales.length;
          return {
            kernel: Array.from(kernel, (w, n) => w * scales[Math.floor(n / size)]),
            bias: scales.map((scale, c) => norm.beta[c] - scale * norm.mean[c]),
          };
        }`,
        fails: 'scales each number by its channel',
      },
      {
        name: 'the mean as it was',
        code: `function fold(kernel: ArrayLike<number>, norm: Norm) {
          const scales = Array.from(norm.gamma, (g, c) => g / Math.sqrt(norm.variance[c] + norm.epsilon));
          return {
            kernel: Array.from(kernel, (w, n) => w * scales[n % scales.length]),
            bias: scales.map((scale, c) => norm.beta[c] - norm.mean[c]),
          };
        }`,
        fails: 'does what convolution and normalization did',
      },
      {
        name: 'epsilon added to the root',
        code: `function fold(kernel: ArrayLike<number>, norm: Norm) {
          const scales = Array.from(norm.gamma, (g, c) => g / (Math.sqrt(norm.variance[c]) + norm.epsilon));
          return {
            kernel: Array.from(kernel, (w, n) => w * scales[n % scales.length]),
            bias: scales.map((scale, c) => norm.beta[c] - scale * norm.mean[c]),
          };
        }`,
        fails: 'adds epsilon to the variance, not to its root',
      },
      {
        name: 'no bias',
        code: `function fold(kernel: ArrayLike<number>, norm: Norm) {
          const scales = Array.from(norm.gamma, (g, c) => g / Math.sqrt(norm.variance[c] + norm.epsilon));
          return {
            kernel: Array.from(kernel, (w, n) => w * scales[n % scales.length]),
            bias: scales.map(() => 0),
          };
        }`,
        fails: 'keeps the shift as the bias',
      },
    ],
  },
);
