import assert from 'node:assert/strict';
import { assertClose } from '../../lib/grading/assertions';
import { hidden, question } from '../../lib/grading/questions';

question<{ stopEarly: (losses: number[], patience: number) => { best: number; last: number } }>(
  'q5.1',
  (answers) => {
    it('keeps the weights of the best epoch', () => {
      assert.deepEqual(answers().stopEarly([2, 1.5, 1.2, 1.3, 1.4, 1.5], 2), { best: 3, last: 5 });
    });
    it('trains to the end while there is patience left', () => {
      assert.deepEqual(answers().stopEarly([2, 1.5, 1.6, 1.2, 1.3], 2), { best: 4, last: 5 });
    });
    hidden(() => {
      it('does not know epochs that were never trained', () => {
        assert.deepEqual(answers().stopEarly([2, 1, 1.1, 1.2, 0.5, 0.4], 2), { best: 2, last: 4 });
      });
      it('begins to count anew at each new best', () => {
        const losses = [2, 2.1, 1.9, 2.2, 1.8, 2.3, 2.4, 1.7];
        assert.deepEqual(answers().stopEarly(losses, 2), { best: 5, last: 7 });
      });
      it('compares with the best, not with the epoch before', () => {
        assert.deepEqual(answers().stopEarly([1, 1.5, 1.4, 1.3, 1.2], 3), { best: 1, last: 4 });
      });
      it('takes an equal loss for no new best', () => {
        assert.deepEqual(answers().stopEarly([2, 1, 1, 1, 1], 2), { best: 2, last: 4 });
      });
      it('stops at the first epoch that is no better with patience 1', () => {
        assert.deepEqual(answers().stopEarly([3, 2, 2.5, 1], 1), { best: 2, last: 3 });
      });
      it('gets along with a single epoch', () => {
        assert.deepEqual(answers().stopEarly([0.7], 3), { best: 1, last: 1 });
      });
    });
  },
  {
    wrongAnswers: [
      {
        name: 'keeps the weights of the last epoch',
        code: `function stopEarly(losses: number[], patience: number) {
          let best = 1;
          for (let epoch = 1; epoch <= losses.length; epoch++) {
            if (losses[epoch - 1] < losses[best - 1]) best = epoch;
            if (epoch - best >= patience) return { best: epoch, last: epoch };
          }
          return { best: losses.length, last: losses.length };
        }`,
        fails: 'keeps the weights of the best epoch',
      },
      {
        name: 'waits one epoch too long',
        code: `function stopEarly(losses: number[], patience: number) {
          let best = 1;
          for (let epoch = 1; epoch <= losses.length; epoch++) {
            if (losses[epoch - 1] < losses[best - 1]) best = epoch;
            if (epoch - best > patience) return { best, last: epoch };
          }
          return { best, last: losses.length };
        }`,
        fails: 'keeps the weights of the best epoch',
      },
      {
        name: 'counts epochs from 0',
        code: `function stopEarly(losses: number[], patience: number) {
          let best = 0;
          for (let epoch = 0; epoch < losses.length; epoch++) {
            if (losses[epoch] < losses[best]) best = epoch;
            if (epoch - best >= patience) return { best, last: epoch };
          }
          return { best, last: losses.length - 1 };
        }`,
        fails: 'gets along with a single epoch',
      },
      {
        name: 'looks for the best among all losses, trained or not',
        code: `function stopEarly(losses: number[], patience: number) {
          const best = losses.indexOf(Math.min(...losses)) + 1;
          return { best, last: Math.min(losses.length, best + patience) };
        }`,
        fails: 'does not know epochs that were never trained',
      },
      {
        name: 'goes on counting after a new best',
        code: `function stopEarly(losses: number[], patience: number) {
          let best = 1;
          let waited = 0;
          for (let epoch = 2; epoch <= losses.length; epoch++) {
            if (losses[epoch - 1] < losses[best - 1]) best = epoch;
            else waited++;
            if (waited >= patience) return { best, last: epoch };
          }
          return { best, last: losses.length };
        }`,
        fails: 'begins to count anew at each new best',
      },
      {
        name: 'compares with the epoch before',
        code: `function stopEarly(losses: number[], patience: number) {
          let best = 1;
          let waited = 0;
          for (let epoch = 2; epoch <= losses.length; epoch++) {
            if (losses[epoch - 1] < losses[best - 1]) best = epoch;
            if (losses[epoch - 1] < losses[epoch - 2]) waited = 0;
            else waited++;
            if (waited >= patience) return { best, last: epoch };
          }
          return { best, last: losses.length };
        }`,
        fails: 'compares with the best, not with the epoch before',
      },
      {
        name: 'takes an equal loss for a new best',
        code: `function stopEarly(losses: number[], patience: number) {
          let best = 1;
          for (let epoch = 1; epoch <= losses.length; epoch++) {
            if (losses[epoch - 1] <= losses[best - 1]) best = epoch;
            if (epoch - best >= patience) return { best, last: epoch };
          }
          return { best, last: losses.length };
        }`,
        fails: 'takes an equal loss for no new best',
      },
    ],
  },
);

question<{
  dropOut: (values: number[], kept: boolean[], options: { rate: number; training: boolean }) => number[];
}>(
  'q5.2',
  (answers) => {
    it('sets what is dropped to 0, and makes the rest larger', () => {
      const kept = [true, false, true, true];
      assertClose(answers().dropOut([1, 2, 3, -4], kept, { rate: 0.5, training: true }), [2, 0, 6, -8]);
    });
    it('leaves the values as they are in prediction', () => {
      const kept = [true, false, true];
      assertClose(answers().dropOut([1, 2, 3], kept, { rate: 0.5, training: false }), [1, 2, 3]);
    });
    hidden(() => {
      it('divides by the share that is kept, not by the rate', () => {
        const kept = [true, true, true, false, true];
        assertClose(
          answers().dropOut([1, 2, 4, 8, 16], kept, { rate: 0.2, training: true }),
          [1.25, 2.5, 5, 0, 20],
        );
      });
      it('takes the rate that it is told, however many were kept', () => {
        const kept = [false, true];
        assertClose(answers().dropOut([3, 3], kept, { rate: 0.25, training: true }), [0, 4]);
      });
      it('keeps the list that it was given', () => {
        const values = [1, 2, 3];
        const result = answers().dropOut(values, [false, true, true], { rate: 0.5, training: true });
        assertClose(result, [0, 4, 6]);
        assert.deepEqual(values, [1, 2, 3]);
      });
    });
  },
  {
    wrongAnswers: [
      {
        name: 'forgets to make the rest larger',
        code: `function dropOut(values: number[], kept: boolean[], { training }: { rate: number; training: boolean }) {
          return training ? values.map((value, i) => (kept[i] ? value : 0)) : [...values];
        }`,
        fails: 'sets what is dropped to 0, and makes the rest larger',
      },
      {
        name: 'drops what should be kept',
        code: `function dropOut(values: number[], kept: boolean[], { rate, training }: { rate: number; training: boolean }) {
          return training ? values.map((value, i) => (kept[i] ? 0 : value / (1 - rate))) : [...values];
        }`,
        fails: 'sets what is dropped to 0, and makes the rest larger',
      },
      {
        name: 'drops in prediction too',
        code: `function dropOut(values: number[], kept: boolean[], { rate }: { rate: number; training: boolean }) {
          return values.map((value, i) => (kept[i] ? value / (1 - rate) : 0));
        }`,
        fails: 'leaves the values as they are in prediction',
      },
      {
        name: 'makes the values smaller in prediction instead of larger in training',
        code: `function dropOut(values: number[], kept: boolean[], { rate, training }: { rate: number; training: boolean }) {
          return values.map((value, i) => (training ? (kept[i] ? value : 0) : value * (1 - rate)));
        }`,
        fails: 'leaves the values as they are in prediction',
      },
      {
        name: 'divides by the rate',
        code: `function dropOut(values: number[], kept: boolean[], { rate, training }: { rate: number; training: boolean }) {
          return training ? values.map((value, i) => (kept[i] ? value / rate : 0)) : [...values];
        }`,
        fails: 'divides by the share that is kept, not by the rate',
      },
      {
        name: 'counts the mask instead of taking the rate',
        code: `function dropOut(values: number[], kept: boolean[], { training }: { rate: number; training: boolean }) {
          const share = kept.filter(Boolean).length / kept.length;
          return training ? values.map((value, i) => (kept[i] ? value / share : 0)) : [...values];
        }`,
        fails: 'takes the rate that it is told, however many were kept',
      },
      {
        name: 'changes the list of the caller',
        code: `function dropOut(values: number[], kept: boolean[], { rate, training }: { rate: number; training: boolean }) {
          if (training) for (let i = 0; i < values.length; i++) values[i] = kept[i] ? values[i] / (1 - rate) : 0;
          return values;
        }`,
        fails: 'keeps the list that it was given',
      },
    ],
  },
);

question<{ learningRateFactor: (progress: number, warmup: number) => number }>(
  'q5.3',
  (answers) => {
    const at = (places: number[], warmup: number) =>
      places.map((progress) => answers().learningRateFactor(progress, warmup));

    it('rises in a straight line while it warms up', () => {
      assertClose(at([0, 0.05, 0.1, 0.2], 0.2), [0, 0.25, 0.5, 1]);
    });
    it('falls to 0 along half a cosine', () => {
      // the middle of what is left after the warm-up, and the end
      assertClose(at([0.6, 1], 0.2), [0.5, 0]);
    });
    hidden(() => {
      it('is curved on its way down', () => {
        // a quarter and three quarters of the way: (1 + cos 45°) / 2 and (1 + cos 135°) / 2
        assertClose(at([0.4, 0.8], 0.2), [0.853553, 0.146447], { tolerance: 1e-5 });
      });
      it('begins at 1 without a warm-up', () => {
        assertClose(at([0, 0.5, 1], 0), [1, 0.5, 0]);
      });
      it('goes from the warm-up to the cosine without a jump', () => {
        const [before, after] = at([0.0999999, 0.1000001], 0.1);
        assertClose([before, after], [1, 1], { tolerance: 1e-4 });
      });
    });
  },
  {
    wrongAnswers: [
      {
        name: 'divides 0 by 0 without a warm-up',
        code: `function learningRateFactor(progress: number, warmup: number) {
          if (progress <= warmup) return progress / warmup;
          return (1 + Math.cos((Math.PI * (progress - warmup)) / (1 - warmup))) / 2;
        }`,
        fails: 'begins at 1 without a warm-up',
      },
      {
        name: 'lets the cosine begin at the start of the training',
        code: `function learningRateFactor(progress: number, warmup: number) {
          if (progress < warmup) return progress / warmup;
          return (1 + Math.cos(Math.PI * progress)) / 2;
        }`,
        fails: 'falls to 0 along half a cosine',
      },
      {
        name: 'multiplies the cosine by the warm-up',
        code: `function learningRateFactor(progress: number, warmup: number) {
          const rise = warmup > 0 ? Math.min(1, progress / warmup) : 1;
          return (rise * (1 + Math.cos(Math.PI * progress))) / 2;
        }`,
        fails: 'rises in a straight line while it warms up',
      },
      {
        name: 'a whole cosine',
        code: `function learningRateFactor(progress: number, warmup: number) {
          if (progress < warmup) return progress / warmup;
          return (1 + Math.cos((2 * Math.PI * (progress - warmup)) / (1 - warmup))) / 2;
        }`,
        fails: 'falls to 0 along half a cosine',
      },
      {
        name: 'a cosine that falls below 0',
        code: `function learningRateFactor(progress: number, warmup: number) {
          if (progress < warmup) return progress / warmup;
          return Math.cos((Math.PI * (progress - warmup)) / (1 - warmup));
        }`,
        fails: 'falls to 0 along half a cosine',
      },
      {
        name: 'a straight line down',
        code: `function learningRateFactor(progress: number, warmup: number) {
          if (progress < warmup) return progress / warmup;
          return 1 - (progress - warmup) / (1 - warmup);
        }`,
        fails: 'is curved on its way down',
      },
      {
        name: 'forgets the warm-up',
        code: `function learningRateFactor(progress: number, warmup: number) {
          const fallen = Math.max(0, progress - warmup) / (1 - warmup);
          return (1 + Math.cos(Math.PI * fallen)) / 2;
        }`,
        fails: 'rises in a straight line while it warms up',
      },
      {
        name: 'a warm-up that does not reach 1',
        code: `function learningRateFactor(progress: number, warmup: number) {
          if (progress < warmup) return progress;
          return (1 + Math.cos((Math.PI * (progress - warmup)) / (1 - warmup))) / 2;
        }`,
        fails: 'goes from the warm-up to the cosine without a jump',
      },
    ],
  },
);

interface Running {
  mean: number;
  variance: number;
}

question<{
  normalizeBatch: (
    values: number[],
    running: Running,
    settings: { scale: number; shift: number; momentum: number; epsilon: number },
  ) => { output: number[]; running: Running };
}>(
  'q5.4',
  (answers) => {
    const plain = { scale: 1, shift: 0, momentum: 0.9, epsilon: 0 };
    const fresh = { mean: 0, variance: 1 };

    // mean 5, variance (9 + 1 + 1 + 9) / 4 = 5
    it('gives the batch mean 0 and variance 1', () => {
      const { output } = answers().normalizeBatch([2, 4, 6, 8], fresh, plain);
      assertClose(output, [-1.341641, -0.447214, 0.447214, 1.341641], { tolerance: 1e-5 });
    });
    it('moves the running statistics a tenth of the way with momentum 0.9', () => {
      const { running } = answers().normalizeBatch([2, 4, 6, 8], fresh, plain);
      assertClose([running.mean, running.variance], [0.5, 1.4]);
    });
    hidden(() => {
      it('scales first, shifts afterwards', () => {
        const { output } = answers().normalizeBatch([1, 3], fresh, { ...plain, scale: 2, shift: 10 });
        assertClose(output, [8, 12]);
      });
      it('divides by n, not by n - 1', () => {
        // of two values the difference is largest: variance 1, and 2 as a sample
        const { output, running } = answers().normalizeBatch([1, 3], fresh, { ...plain, momentum: 0.5 });
        assertClose([...output, running.variance], [-1, 1, 1]);
      });
      it('normalizes by the batch, whatever the running statistics are', () => {
        const { output } = answers().normalizeBatch([1, 3], { mean: 100, variance: 400 }, plain);
        assertClose(output, [-1, 1]);
      });
      it('goes on from the running statistics that it is given', () => {
        const { running } = answers().normalizeBatch([1, 3], { mean: 12, variance: 11 }, plain);
        assertClose([running.mean, running.variance], [11, 10]);
      });
      it('adds epsilon to the variance, inside the root', () => {
        // variance 1: 1 / sqrt(1 + 3) = 1 / 2; the running variance goes without it
        const { output, running } = answers().normalizeBatch([1, 3], fresh, { ...plain, epsilon: 3 });
        assertClose([...output, running.variance], [-0.5, 0.5, 1]);
      });
      it('gives the shift where all values are equal', () => {
        const settings = { scale: 3, shift: 0.25, momentum: 0.9, epsilon: 1e-5 };
        assertClose(answers().normalizeBatch([7, 7, 7], fresh, settings).output, [0.25, 0.25, 0.25]);
      });
      it('keeps the list and the statistics that it was given', () => {
        const values = [2, 4, 6, 8];
        const running = { mean: 0, variance: 1 };
        const result = answers().normalizeBatch(values, running, plain);
        assertClose([result.running.mean], [0.5]);
        assert.deepEqual([values, running], [[2, 4, 6, 8], { mean: 0, variance: 1 }]);
      });
    });
  },
  {
    wrongAnswers: [
      {
        name: 'divides by the variance instead of its root',
        code: normalizing({ root: '(variance + epsilon)' }),
        fails: 'gives the batch mean 0 and variance 1',
      },
      {
        name: 'takes the momentum for the share of the new value',
        code: normalizing({ move: '(1 - momentum) * old + momentum * now' }),
        fails: 'moves the running statistics a tenth of the way with momentum 0.9',
      },
      {
        name: 'takes the variance of a sample, for both',
        code: normalizing({ count: '(values.length - 1)' }),
        fails: 'divides by n, not by n - 1',
      },
      {
        name: 'takes the variance of a sample for the running one, as PyTorch does',
        code: normalizing({ kept: '(variance * values.length) / (values.length - 1)' }),
        fails: 'divides by n, not by n - 1',
      },
      {
        name: 'forgets scale and shift',
        code: normalizing({ scale: '1', shift: '0' }),
        fails: 'scales first, shifts afterwards',
      },
      {
        name: 'shifts before it scales',
        code: normalizing({ shift: 'scale * shift' }),
        fails: 'scales first, shifts afterwards',
      },
      {
        name: 'normalizes by the running statistics, as in prediction',
        code: normalizing({ middle: 'moved.mean', root: 'Math.sqrt(moved.variance + epsilon)' }),
        fails: 'normalizes by the batch, whatever the running statistics are',
      },
      {
        name: 'forgets what the running statistics were',
        code: normalizing({ move: '(1 - momentum) * now' }),
        fails: 'goes on from the running statistics that it is given',
      },
      {
        name: 'adds epsilon outside the root',
        code: normalizing({ root: '(Math.sqrt(variance) + epsilon)' }),
        fails: 'adds epsilon to the variance, inside the root',
      },
      {
        name: 'keeps epsilon in the running variance',
        code: normalizing({ kept: 'variance + epsilon' }),
        fails: 'adds epsilon to the variance, inside the root',
      },
      {
        name: 'leaves epsilon out',
        code: normalizing({ root: 'Math.sqrt(variance)' }),
        fails: 'gives the shift where all values are equal',
      },
      {
        name: 'changes the object of the caller',
        code: normalizing({ result: 'Object.assign(running, moved)' }),
        fails: 'keeps the list and the statistics that it was given',
      },
    ],
  },
);

/** Batch normalization with some of its parts replaced by wrong ones, as TypeScript. */
function normalizing({
  count = 'values.length',
  middle = 'mean',
  root = 'Math.sqrt(variance + epsilon)',
  scale = 'scale',
  shift = 'shift',
  kept = 'variance',
  move = 'momentum * old + (1 - momentum) * now',
  result = 'moved',
}: Partial<
  Record<'count' | 'middle' | 'root' | 'scale' | 'shift' | 'kept' | 'move' | 'result', string>
>): string {
  return `function normalizeBatch(values: number[], running: Running, settings: Settings) {
    const { scale, shift, momentum, epsilon } = settings;
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / ${count};
    const move = (old: number, now: number) => ${move};
    const moved = { mean: move(running.mean, mean), variance: move(running.variance, ${kept}) };
    const output = values.map((x) => (${scale} * (x - ${middle})) / ${root} + ${shift});
    return { output, running: ${result} };
  }`;
}
