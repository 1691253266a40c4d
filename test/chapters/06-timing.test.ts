import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { assertClose } from '../../lib/grading/assertions';
import { hidden, question } from '../../lib/grading/questions';

type Summary = { median: number; min: number; max: number; n: number };

question<{ summarize: (times: number[]) => Summary }>(
  'q6.1',
  (answers) => {
    it('finds the middle, the extremes and the number', () => {
      assert.deepEqual(answers().summarize([12, 30, 11, 13, 14]), { median: 13, min: 11, max: 30, n: 5 });
    });
    it('takes the mean of the two in the middle of an even number', () => {
      assert.equal(answers().summarize([4, 1, 2, 8]).median, 3);
    });
    hidden(() => {
      it('sorts numbers, not words', () => {
        assert.deepEqual(answers().summarize([9, 10, 100]), { median: 10, min: 9, max: 100, n: 3 });
      });
      it('is content with a single time', () => {
        assert.deepEqual(answers().summarize([7.5]), { median: 7.5, min: 7.5, max: 7.5, n: 1 });
      });
      it('keeps the order of the list it was given', () => {
        const times = [3, 1, 2];
        assert.equal(answers().summarize(times).median, 2);
        assert.deepEqual(times, [3, 1, 2]);
      });
    });
  },
  {
    wrongAnswers: [
      {
        name: 'the mean',
        code: `function summarize(times: number[]) {
          const median = times.reduce((sum, time) => sum + time, 0) / times.length;
          return { median, min: Math.min(...times), max: Math.max(...times), n: times.length };
        }`,
        fails: 'finds the middle, the extremes and the number',
      },
      {
        name: 'the time in the middle of the unsorted list',
        code: `function summarize(times: number[]) {
          const middle = times.length >> 1;
          const median = times.length % 2 ? times[middle] : (times[middle - 1] + times[middle]) / 2;
          return { median, min: Math.min(...times), max: Math.max(...times), n: times.length };
        }`,
        fails: 'finds the middle, the extremes and the number',
      },
      {
        name: 'the upper one of the two in the middle',
        code: `function summarize(times: number[]) {
          const sorted = [...times].sort((a, b) => a - b);
          return { median: sorted[sorted.length >> 1], min: sorted[0], max: sorted[sorted.length - 1], n: sorted.length };
        }`,
        fails: 'takes the mean of the two in the middle of an even number',
      },
      {
        name: 'sorts as words',
        code: `function summarize(times: number[]) {
          const sorted = [...times].sort();
          const n = sorted.length;
          const median = (sorted[(n - 1) >> 1] + sorted[n >> 1]) / 2;
          return { median, min: sorted[0], max: sorted[n - 1], n };
        }`,
        fails: 'sorts numbers, not words',
      },
      {
        name: 'sorts the list of the caller',
        code: `function summarize(times: number[]) {
          times.sort((a, b) => a - b);
          const n = times.length;
          return { median: (times[(n - 1) >> 1] + times[n >> 1]) / 2, min: times[0], max: times[n - 1], n };
        }`,
        fails: 'keeps the order of the list it was given',
      },
    ],
  },
);

/**
 * A step that sleeps, for as long as `ms` says of each call, and times itself: on a busy computer it sleeps longer, and
 * what is expected grows with it.
 */
function sleepyStep(ms: (call: number) => number) {
  const durations: number[] = [];
  let calls = 0;
  let running = 0;
  let together = 0;
  const step = async () => {
    const start = performance.now();
    running++;
    together = Math.max(together, running);
    await sleep(ms(calls++));
    running--;
    durations.push(performance.now() - start);
  };
  return {
    step,
    calls: () => calls,
    /** The most that ran at the same time. */
    together: () => together,
    /** Images a second by the step's own clock, the first two calls left out. */
    expected: (batchSize: number) => {
      const middle = durations.slice(2).sort((a, b) => a - b)[(durations.length - 2) >> 1];
      return (1000 * batchSize) / middle;
    },
  };
}

question<{ throughput: (step: () => Promise<unknown>, batchSize: number) => Promise<number> }>(
  'q6.2',
  (answers) => {
    it('counts images in a second, not in a millisecond', async () => {
      const { step, expected } = sleepyStep(() => 20);
      const rate = await answers().throughput(step, 8);
      assertClose([rate / expected(8)], [1], { tolerance: 0.4 });
    });
    it('runs the step twice to warm up and five times with the clock on', async () => {
      const { step, calls } = sleepyStep(() => 1);
      await answers().throughput(step, 1);
      assert.equal(calls(), 7);
    });
    hidden(() => {
      it('waits for each step to finish', async () => {
        const { step, expected, together } = sleepyStep(() => 20);
        const rate = await answers().throughput(step, 1);
        assert.equal(together(), 1);
        assertClose([rate / expected(1)], [1], { tolerance: 0.4 });
      });
      it('leaves the warm-up out', async () => {
        const { step, expected } = sleepyStep((call) => (call < 2 ? 150 : 20));
        const rate = await answers().throughput(step, 64);
        assertClose([rate / expected(64)], [1], { tolerance: 0.4 });
      });
      it('is not moved by a single slow run', async () => {
        const { step, expected } = sleepyStep((call) => (call === 5 ? 200 : 20));
        const rate = await answers().throughput(step, 64);
        assertClose([rate / expected(64)], [1], { tolerance: 0.4 });
      });
    });
  },
  {
    wrongAnswers: [
      {
        name: 'takes milliseconds for seconds',
        code: `async function throughput(step: () => Promise<unknown>, batchSize: number) {
          const durations: number[] = [];
          for (let run = 0; run < 7; run++) {
            const begin = performance.now();
            await step();
            if (run >= 2) durations.push(performance.now() - begin);
          }
          return batchSize / summarize(durations).median;
        }`,
        fails: 'counts images in a second, not in a millisecond',
      },
      {
        name: 'stops the clock when the call returns',
        code: `async function throughput(step: () => Promise<unknown>, batchSize: number) {
          const durations: number[] = [];
          for (let run = 0; run < 7; run++) {
            const begin = performance.now();
            step();
            if (run >= 2) durations.push(performance.now() - begin);
          }
          return (1000 * batchSize) / summarize(durations).median;
        }`,
        fails: 'waits for each step to finish',
      },
      {
        name: 'starts the five together',
        code: `async function throughput(step: () => Promise<unknown>, batchSize: number) {
          await step();
          await step();
          const begin = performance.now();
          await Promise.all([step(), step(), step(), step(), step()]);
          return (5 * 1000 * batchSize) / (performance.now() - begin);
        }`,
        fails: 'waits for each step to finish',
      },
      {
        name: 'counts the warm-up',
        code: `async function throughput(step: () => Promise<unknown>, batchSize: number) {
          const begin = performance.now();
          for (let run = 0; run < 7; run++) await step();
          return (7 * 1000 * batchSize) / (performance.now() - begin);
        }`,
        fails: 'leaves the warm-up out',
      },
      {
        name: 'takes the mean of the five',
        code: `async function throughput(step: () => Promise<unknown>, batchSize: number) {
          await step();
          await step();
          const begin = performance.now();
          for (let run = 0; run < 5; run++) await step();
          return (5 * 1000 * batchSize) / (performance.now() - begin);
        }`,
        fails: 'is not moved by a single slow run',
      },
      {
        name: 'does not warm up at all',
        code: `async function throughput(step: () => Promise<unknown>, batchSize: number) {
          const durations: number[] = [];
          for (let run = 0; run < 5; run++) {
            const begin = performance.now();
            await step();
            durations.push(performance.now() - begin);
          }
          return (1000 * batchSize) / summarize(durations).median;
        }`,
        fails: 'runs the step twice to warm up and five times with the clock on',
      },
    ],
  },
);

question<{
  convolutionWork: (shape: [number, number, number], kernel: number, filters: number) => number;
}>(
  'q6.3',
  (answers) => {
    it('counts a window that fits twice', () => {
      // 1 x 2 places, 1 filter, 2 x 2 products each
      assert.equal(answers().convolutionWork([2, 3, 1], 2, 1), 8);
    });
    it('counts the first layer of the baseline', () => {
      assert.equal(answers().convolutionWork([32, 32, 3], 3, 32), 777_600);
    });
    hidden(() => {
      it('counts the second layer of the baseline', () => {
        assert.equal(answers().convolutionWork([15, 15, 32], 3, 64), 3_115_008);
      });
      it('counts other kernels and images that are not square', () => {
        assert.equal(answers().convolutionWork([10, 6, 4], 1, 5), 1200); // 10 x 6 places, 4 products, 5 filters
        assert.equal(answers().convolutionWork([28, 20, 1], 5, 6), 24 * 16 * 25 * 6);
      });
    });
  },
  {
    wrongAnswers: [
      {
        name: 'forgets the input channels',
        code: `function convolutionWork([height, width]: number[], kernel: number, filters: number) {
          return (height - kernel + 1) * (width - kernel + 1) * filters * kernel * kernel;
        }`,
        fails: 'counts the first layer of the baseline',
      },
      {
        name: 'moves the window over the input as if it were padded',
        code: `function convolutionWork([height, width, channels]: number[], kernel: number, filters: number) {
          return height * width * filters * kernel * kernel * channels;
        }`,
        fails: 'counts a window that fits twice',
      },
      {
        name: 'forgets the size of the kernel',
        code: `function convolutionWork([height, width, channels]: number[], kernel: number, filters: number) {
          return (height - kernel + 1) * (width - kernel + 1) * filters * channels;
        }`,
        fails: 'counts a window that fits twice',
      },
      {
        name: 'takes a kernel of 3 for granted',
        code: `function convolutionWork([height, width, channels]: number[], kernel: number, filters: number) {
          return (height - kernel + 1) * (width - kernel + 1) * filters * channels * 9;
        }`,
        fails: 'counts other kernels and images that are not square',
      },
      {
        name: 'takes every image for square',
        code: `function convolutionWork([height, , channels]: number[], kernel: number, filters: number) {
          return (height - kernel + 1) ** 2 * filters * kernel * kernel * channels;
        }`,
        fails: 'counts other kernels and images that are not square',
      },
    ],
  },
);

question<{ speedup: (share: number, factor: number) => number }>(
  'q6.4',
  (answers) => {
    it('makes half of the time twice as fast', () => {
      assertClose([answers().speedup(0.5, 2)], [4 / 3], { tolerance: 1e-9 });
    });
    it('makes the whole as fast as the part if there is nothing else', () => {
      assertClose([answers().speedup(1, 10)], [10], { tolerance: 1e-9 });
    });
    hidden(() => {
      it('reaches its limit for an infinitely fast part', () => {
        assertClose([answers().speedup(0.75, Number.POSITIVE_INFINITY)], [4], { tolerance: 1e-9 });
      });
      it('changes nothing where nothing becomes faster', () => {
        assertClose([answers().speedup(0, 10), answers().speedup(0.3, 1)], [1, 1], { tolerance: 1e-9 });
      });
      it('is below 1 where a part becomes slower', () => {
        assertClose([answers().speedup(0.5, 0.5)], [2 / 3], { tolerance: 1e-9 });
      });
    });
  },
  {
    wrongAnswers: [
      {
        name: 'gives the limit, whatever the factor',
        code: 'function speedup(share: number, factor: number) { return 1 / (1 - share); }',
        fails: 'makes half of the time twice as fast',
      },
      {
        name: 'gives the new time',
        code: 'function speedup(share: number, factor: number) { return 1 - share + share / factor; }',
        fails: 'makes half of the time twice as fast',
      },
      {
        name: 'averages the speeds',
        code: 'function speedup(share: number, factor: number) { return 1 - share + share * factor; }',
        fails: 'reaches its limit for an infinitely fast part',
      },
      {
        name: 'makes the other part faster',
        code: 'function speedup(share: number, factor: number) { return 1 / (share + (1 - share) / factor); }',
        fails: 'makes the whole as fast as the part if there is nothing else',
      },
    ],
  },
);
