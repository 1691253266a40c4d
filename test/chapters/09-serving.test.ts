import assert from 'node:assert/strict';
import { hidden, question } from '../../lib/grading/questions';

const bytes = (count: number) => Uint8Array.from({ length: count }, (_, i) => i + 1);

question<{ toInstance: (pixels: Uint8Array, shape: readonly [number, number, number]) => number[][][] }>(
  'q9.1',
  (answers) => {
    it('puts the channels of a pixel together', () => {
      assert.deepEqual(answers().toInstance(bytes(6), [1, 2, 3]), [
        [
          [1, 2, 3],
          [4, 5, 6],
        ],
      ]);
    });
    it('goes row by row', () => {
      assert.deepEqual(answers().toInstance(bytes(6), [3, 2, 1]), [
        [[1], [2]],
        [[3], [4]],
        [[5], [6]],
      ]);
    });
    hidden(() => {
      it('gives plain numbers, which JSON can hold', () => {
        const json = JSON.stringify(answers().toInstance(bytes(4), [2, 1, 2]));
        assert.equal(json, '[[[1,2]],[[3,4]]]');
      });
      it('throws a RangeError for too few or too many bytes', () => {
        assert.throws(() => answers().toInstance(bytes(5), [1, 2, 3]), RangeError);
        assert.throws(() => answers().toInstance(bytes(7), [1, 2, 3]), RangeError);
      });
    });
  },
  {
    wrongAnswers: [
      {
        name: 'planes of channels',
        code: `function toInstance(pixels: Uint8Array, [h, w, c]: readonly [number, number, number]) {
          if (pixels.length !== h * w * c) throw new RangeError('size');
          return Array.from({ length: h }, (_, y) => Array.from({ length: w }, (_, x) =>
            Array.from({ length: c }, (_, k) => pixels[(k * h + y) * w + x])));
        }`,
        fails: 'puts the channels of a pixel together',
      },
      {
        name: 'height and width exchanged',
        code: `function toInstance(pixels: Uint8Array, [h, w, c]: readonly [number, number, number]) {
          if (pixels.length !== h * w * c) throw new RangeError('size');
          return Array.from({ length: w }, (_, x) => Array.from({ length: h }, (_, y) =>
            [...pixels.subarray((y * w + x) * c, (y * w + x + 1) * c)]));
        }`,
        fails: 'goes row by row',
      },
      {
        name: 'typed arrays inside',
        code: `function toInstance(pixels: Uint8Array, [h, w, c]: readonly [number, number, number]): number[][][] {
          if (pixels.length !== h * w * c) throw new RangeError('size');
          return Array.from({ length: h }, (_, y) => Array.from({ length: w }, (_, x) =>
            pixels.subarray((y * w + x) * c, (y * w + x + 1) * c) as unknown as number[]));
        }`,
        fails: 'gives plain numbers, which JSON can hold',
      },
      {
        name: 'checks nothing',
        code: `function toInstance(pixels: Uint8Array, [h, w, c]: readonly [number, number, number]) {
          return Array.from({ length: h }, (_, y) => Array.from({ length: w }, (_, x) =>
            [...pixels.subarray((y * w + x) * c, (y * w + x + 1) * c)]));
        }`,
        fails: 'throws a RangeError for too few or too many bytes',
      },
    ],
  },
);

question<{ percentile: (values: readonly number[], percent: number) => number }>(
  'q9.2',
  (answers) => {
    it('finds the median and the largest', () => {
      assert.equal(answers().percentile([30, 10, 20], 50), 20);
      assert.equal(answers().percentile([30, 10, 20], 100), 30);
    });
    it('is always one of the values', () => {
      assert.equal(answers().percentile([4, 3, 2, 1], 50), 2);
    });
    hidden(() => {
      it('sorts numbers as numbers', () => {
        assert.equal(answers().percentile([9, 10, 100, 11], 50), 10);
      });
      it('has at least so many percent up to it', () => {
        const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);
        assert.equal(answers().percentile(hundred, 99), 99);
        assert.equal(answers().percentile(hundred, 1), 1);
        assert.equal(answers().percentile([1, 2, 3], 34), 2);
      });
      it('leaves the list as it is', () => {
        const values = [3, 1, 2];
        answers().percentile(values, 50);
        assert.deepEqual(values, [3, 1, 2]);
      });
    });
  },
  {
    wrongAnswers: [
      {
        name: 'the mean',
        code: `function percentile(values: readonly number[], percent: number): number {
          if (percent === 100) return Math.max(...values);
          return values.reduce((sum, value) => sum + value, 0) / values.length;
        }`,
        fails: 'is always one of the values',
      },
      {
        name: 'in the order of the list',
        code: `function percentile(values: readonly number[], percent: number): number {
          return values[Math.ceil((percent / 100) * values.length) - 1];
        }`,
        fails: 'finds the median and the largest',
      },
      {
        name: 'sorted as texts',
        code: `function percentile(values: readonly number[], percent: number): number {
          return [...values].sort()[Math.ceil((percent / 100) * values.length) - 1];
        }`,
        fails: 'sorts numbers as numbers',
      },
      {
        name: 'rounded to the nearest',
        code: `function percentile(values: readonly number[], percent: number): number {
          const sorted = [...values].sort((a, b) => a - b);
          return sorted[Math.max(0, Math.round((percent / 100) * sorted.length) - 1)];
        }`,
        fails: 'has at least so many percent up to it',
      },
      {
        name: 'sorts the list itself',
        code: `function percentile(values: readonly number[], percent: number): number {
          const sorted = (values as number[]).sort((a, b) => a - b);
          return sorted[Math.ceil((percent / 100) * sorted.length) - 1];
        }`,
        fails: 'leaves the list as it is',
      },
    ],
  },
);

type BatchSizes = (
  arrivals: readonly number[],
  options: { readonly maxSize: number; readonly timeout: number },
) => number[];

question<{ batchSizes: BatchSizes }>(
  'q9.3',
  (answers) => {
    it('joins what arrives in time', () => {
      assert.deepEqual(answers().batchSizes([0, 2, 4, 20], { maxSize: 8, timeout: 5 }), [3, 1]);
    });
    it('sends a full batch at once', () => {
      assert.deepEqual(answers().batchSizes([0, 1, 2, 3, 4], { maxSize: 2, timeout: 100 }), [2, 2, 1]);
    });
    hidden(() => {
      it('counts from the first request of a batch, not from the last', () => {
        assert.deepEqual(answers().batchSizes([0, 4, 8, 12], { maxSize: 8, timeout: 5 }), [2, 2]);
      });
      it('takes what arrives at the very end', () => {
        assert.deepEqual(answers().batchSizes([0, 5, 6], { maxSize: 8, timeout: 5 }), [2, 1]);
      });
      it('opens a new batch after a full one, with its own time', () => {
        assert.deepEqual(answers().batchSizes([0, 1, 4, 8], { maxSize: 2, timeout: 5 }), [2, 2]);
      });
      it('gives nothing for nothing', () => {
        assert.deepEqual(answers().batchSizes([], { maxSize: 2, timeout: 5 }), []);
      });
    });
  },
  {
    wrongAnswers: [
      {
        name: 'no largest size',
        code: `function batchSizes(arrivals: readonly number[], { timeout }: { maxSize: number; timeout: number }) {
          const sizes: number[] = []; let opened = -Infinity;
          for (const a of arrivals) {
            if (a <= opened + timeout) sizes[sizes.length - 1]++;
            else { sizes.push(1); opened = a; }
          }
          return sizes;
        }`,
        fails: 'sends a full batch at once',
      },
      {
        name: 'waits anew after each request',
        code: `function batchSizes(arrivals: readonly number[], { maxSize, timeout }: { maxSize: number; timeout: number }) {
          const sizes: number[] = []; let before = -Infinity;
          for (const a of arrivals) {
            if (a <= before + timeout && sizes[sizes.length - 1] < maxSize) sizes[sizes.length - 1]++;
            else sizes.push(1);
            before = a;
          }
          return sizes;
        }`,
        fails: 'counts from the first request of a batch, not from the last',
      },
      {
        name: 'leaves out the last moment',
        code: `function batchSizes(arrivals: readonly number[], { maxSize, timeout }: { maxSize: number; timeout: number }) {
          const sizes: number[] = []; let opened = -Infinity;
          for (const a of arrivals) {
            if (a < opened + timeout && sizes[sizes.length - 1] < maxSize) sizes[sizes.length - 1]++;
            else { sizes.push(1); opened = a; }
          }
          return sizes;
        }`,
        fails: 'takes what arrives at the very end',
      },
      {
        name: 'keeps the time of the full batch',
        code: `function batchSizes(arrivals: readonly number[], { maxSize, timeout }: { maxSize: number; timeout: number }) {
          const sizes: number[] = []; let opened = -Infinity;
          for (const a of arrivals) {
            const inTime = a <= opened + timeout;
            if (inTime && sizes[sizes.length - 1] < maxSize) sizes[sizes.length - 1]++;
            else { sizes.push(1); if (!inTime) opened = a; }
          }
          return sizes;
        }`,
        fails: 'opens a new batch after a full one, with its own time',
      },
    ],
  },
);

type SecondsToWait = (
  status: number,
  about: { readonly failures: number; readonly retryAfter?: string },
) => number | undefined;

question<{ secondsToWait: SecondsToWait }>(
  'q9.4',
  (answers) => {
    it('waits as long as the server says', () => {
      assert.equal(answers().secondsToWait(503, { failures: 1, retryAfter: '7' }), 7);
    });
    it('doubles the wait with each failure', () => {
      const waits = [1, 2, 3, 4].map((failures) => answers().secondsToWait(503, { failures }));
      assert.deepEqual(waits, [1, 2, 4, 8]);
    });
    hidden(() => {
      it('waits 30 seconds at most by itself', () => {
        assert.equal(answers().secondsToWait(503, { failures: 12 }), 30);
      });
      it('tries again after 429, too, and after nothing else', () => {
        assert.equal(answers().secondsToWait(429, { failures: 1 }), 1);
        for (const status of [400, 404, 413, 415, 500])
          assert.equal(answers().secondsToWait(status, { failures: 1, retryAfter: '5' }), undefined);
      });
      it('takes a Retry-After of 0, and none that is a date', () => {
        assert.equal(answers().secondsToWait(503, { failures: 3, retryAfter: '0' }), 0);
        const date = 'Sat, 21 Nov 2026 18:00:00 GMT';
        assert.equal(answers().secondsToWait(503, { failures: 3, retryAfter: date }), 4);
      });
    });
  },
  {
    wrongAnswers: [
      {
        name: 'ignores Retry-After',
        code: `function secondsToWait(status: number, { failures }: { failures: number; retryAfter?: string }) {
          return status === 429 || status === 503 ? Math.min(30, 2 ** (failures - 1)) : undefined;
        }`,
        fails: 'waits as long as the server says',
      },
      {
        name: 'the same wait each time',
        code: `function secondsToWait(status: number, { retryAfter }: { failures: number; retryAfter?: string }) {
          if (status !== 429 && status !== 503) return undefined;
          return retryAfter === undefined ? 1 : Number(retryAfter);
        }`,
        fails: 'doubles the wait with each failure',
      },
      {
        name: 'no longest wait',
        code: `function secondsToWait(status: number, { failures, retryAfter }: { failures: number; retryAfter?: string }) {
          if (status !== 429 && status !== 503) return undefined;
          return retryAfter !== undefined && /^\\d+$/.test(retryAfter) ? Number(retryAfter) : 2 ** (failures - 1);
        }`,
        fails: 'waits 30 seconds at most by itself',
      },
      {
        name: 'tries again whatever the status',
        code: `function secondsToWait(status: number, { failures, retryAfter }: { failures: number; retryAfter?: string }) {
          return retryAfter !== undefined && /^\\d+$/.test(retryAfter) ? Number(retryAfter) : Math.min(30, 2 ** (failures - 1));
        }`,
        fails: 'tries again after 429, too, and after nothing else',
      },
      {
        name: 'takes 0 for nothing',
        code: `function secondsToWait(status: number, { failures, retryAfter }: { failures: number; retryAfter?: string }) {
          if (status !== 429 && status !== 503) return undefined;
          return Number(retryAfter) || Math.min(30, 2 ** (failures - 1));
        }`,
        fails: 'takes a Retry-After of 0, and none that is a date',
      },
    ],
  },
);
