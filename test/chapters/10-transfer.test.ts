import assert from 'node:assert/strict';
import { assertClose } from '../../lib/grading/assertions';
import { hidden, question } from '../../lib/grading/questions';

question<{
  takeOfEach: (
    labels: ArrayLike<number>,
    order: ArrayLike<number>,
    options: { perClass: number; classes: number },
  ) => number[];
}>(
  'q10.1',
  (answers) => {
    const labels = [0, 0, 0, 1, 1, 1, 0, 1];
    it('takes the same number of each class', () => {
      const taken = answers().takeOfEach(labels, [0, 1, 2, 6, 3, 4, 5, 7], { perClass: 2, classes: 2 });
      assert.deepEqual(
        taken.map((index) => labels[index]),
        [0, 0, 1, 1],
      );
    });
    it('takes the first ones along the order, not along the dataset', () => {
      const taken = answers().takeOfEach(labels, [7, 6, 5, 4, 3, 2, 1, 0], { perClass: 2, classes: 2 });
      assert.deepEqual(taken, [7, 6, 5, 2]);
    });
    hidden(() => {
      it('throws where a class has too few, and not before', () => {
        const take = (perClass: number) =>
          answers().takeOfEach([0, 0, 0, 1], [0, 1, 2, 3], { perClass, classes: 2 });
        assert.deepEqual(take(1), [0, 3]);
        assert.throws(() => take(2), Error);
      });
      it('throws where a class has none', () => {
        const take = (classes: number) => answers().takeOfEach([0, 1], [1, 0], { perClass: 1, classes });
        assert.deepEqual(take(2), [1, 0]);
        assert.throws(() => take(3), Error);
      });
      it('takes typed arrays', () => {
        const options = { perClass: 1, classes: 3 };
        const taken = answers().takeOfEach(Uint8Array.of(2, 0, 1, 0), Uint32Array.of(3, 0, 1, 2), options);
        assert.deepEqual(taken, [3, 0, 2]);
      });
    });
  },
  {
    wrongAnswers: [
      {
        name: 'the first ones, whatever their class',
        code: `function takeOfEach(labels: ArrayLike<number>, order: ArrayLike<number>, { perClass, classes }: { perClass: number; classes: number }): number[] {
          return Array.from(order).slice(0, perClass * classes);
        }`,
        fails: 'takes the same number of each class',
      },
      {
        name: 'one too many',
        code: `function takeOfEach(labels: ArrayLike<number>, order: ArrayLike<number>, { perClass, classes }: { perClass: number; classes: number }): number[] {
          const taken = new Array<number>(classes).fill(0);
          return Array.from(order).filter((index) => taken[labels[index]]++ <= perClass);
        }`,
        fails: 'takes the same number of each class',
      },
      {
        name: 'along the dataset',
        code: `function takeOfEach(labels: ArrayLike<number>, order: ArrayLike<number>, { perClass, classes }: { perClass: number; classes: number }): number[] {
          const taken = new Array<number>(classes).fill(0);
          const chosen = Array.from(labels).flatMap((label, i) => (taken[label]++ < perClass ? [i] : []));
          if (chosen.length < perClass * classes) throw new Error('too few');
          return chosen;
        }`,
        fails: 'takes the first ones along the order, not along the dataset',
      },
      {
        name: 'silent where a class has too few',
        code: `function takeOfEach(labels: ArrayLike<number>, order: ArrayLike<number>, { perClass, classes }: { perClass: number; classes: number }): number[] {
          const taken = new Array<number>(classes).fill(0);
          return Array.from(order).filter((index) => taken[labels[index]]++ < perClass);
        }`,
        fails: 'throws where a class has too few, and not before',
      },
      {
        name: 'looks only at classes that occur',
        code: `function takeOfEach(labels: ArrayLike<number>, order: ArrayLike<number>, { perClass, classes }: { perClass: number; classes: number }): number[] {
          const taken = new Map<number, number>();
          const chosen: number[] = [];
          for (const index of Array.from(order)) {
            const count = taken.get(labels[index]) ?? 0;
            if (count < perClass) chosen.push(index);
            taken.set(labels[index], count + 1);
          }
          if ([...taken.values()].some((count) => count < perClass)) throw new Error('too few');
          return chosen;
        }`,
        fails: 'throws where a class has none',
      },
    ],
  },
);

interface Entry {
  readonly weights: string;
  readonly mean: readonly number[];
  readonly pixels: string;
  readonly labels: readonly number[];
  readonly batchSize: number;
}

question<{ cacheKey: (entry: Entry) => string }>(
  'q10.2',
  (answers) => {
    const entry: Entry = { weights: 'a1', mean: [0.5, 0.25], pixels: 'b2', labels: [0, 1], batchSize: 64 };
    it('is the same for the same', () => {
      assert.equal(answers().cacheKey({ ...entry, mean: [...entry.mean] }), answers().cacheKey(entry));
    });
    it('changes with the images', () => {
      assert.notEqual(answers().cacheKey({ ...entry, pixels: 'b3' }), answers().cacheKey(entry));
    });
    hidden(() => {
      it('changes with the weights', () => {
        assert.notEqual(answers().cacheKey({ ...entry, weights: 'a2' }), answers().cacheKey(entry));
      });
      it('changes with the normalization', () => {
        assert.notEqual(answers().cacheKey({ ...entry, mean: [0.25, 0.5] }), answers().cacheKey(entry));
      });
      it('does not change with what changes no feature', () => {
        const others = { ...entry, labels: [1, 1], batchSize: 128 };
        assert.equal(answers().cacheKey(others), answers().cacheKey(entry));
      });
      it('does not mix up one part with the next', () => {
        const [one, other] = [
          { ...entry, weights: 'a', pixels: 'bc', mean: [1, 23] },
          { ...entry, weights: 'a', pixels: 'bc', mean: [12, 3] },
        ];
        assert.notEqual(answers().cacheKey(one), answers().cacheKey(other));
      });
    });
  },
  {
    wrongAnswers: [
      {
        name: 'the images alone: yesterday’s features of another base',
        code: 'function cacheKey({ pixels }: Entry): string { return pixels; }',
        fails: 'changes with the weights',
      },
      {
        name: 'the weights alone',
        code: 'function cacheKey({ weights, mean }: Entry): string { return JSON.stringify([weights, mean]); }',
        fails: 'changes with the images',
      },
      {
        name: 'without the normalization',
        code: 'function cacheKey({ weights, pixels }: Entry): string { return JSON.stringify([weights, pixels]); }',
        fails: 'changes with the normalization',
      },
      {
        name: 'everything there is',
        code: 'function cacheKey(entry: Entry): string { return JSON.stringify(entry); }',
        fails: 'does not change with what changes no feature',
      },
      {
        name: 'joined without a sign between',
        code: `function cacheKey({ weights, mean, pixels }: Entry): string { return weights + mean.join('') + pixels; }`,
        fails: 'does not mix up one part with the next',
      },
      {
        name: 'a new key each time',
        code: 'let calls = 0; function cacheKey(entry: Entry): string { return JSON.stringify([entry, ++calls]); }',
        fails: 'is the same for the same',
      },
    ],
  },
);

question<{ kernelGradient: (x: number[], logits: number[], label: number) => number[][] }>(
  'q10.3',
  (answers) => {
    it('has a row for each feature and a column for each class', () => {
      const gradient = answers().kernelGradient([1, 2], [0, 0, 0], 1);
      assert.deepEqual(
        gradient.map((row) => row.length),
        [3, 3],
      );
    });
    it('is what the network said minus what it should have said, times the feature', () => {
      const gradient = answers().kernelGradient([1, -2], [Math.log(1), Math.log(3)], 0);
      assertClose(gradient.flat(), [0.25 - 1, 0.75, -2 * (0.25 - 1), -2 * 0.75]);
    });
    hidden(() => {
      it('stays a number for large logits', () => {
        assertClose(answers().kernelGradient([3], [1000, 0], 1).flat(), [3, -3]);
      });
      it('adds up to 0 over the classes', () => {
        const [row] = answers().kernelGradient([1.5], [0.3, -1, 2, 0.1], 2);
        assertClose([row.reduce((sum, value) => sum + value, 0)], [0]);
      });
      it('is the slope of the loss', () => {
        // Of one weight from feature to logit: logit 1 is 0.4 + 2 w at w = 0; the loss is -log softmax of label 0.
        const loss = (w: number) => Math.log(1 + Math.exp(0.4 + 2 * w));
        const slope = (loss(1e-4) - loss(-1e-4)) / 2e-4;
        const [[, gradient]] = answers().kernelGradient([2], [0, 0.4], 0);
        assert.ok(Math.abs(gradient - slope) < 1e-6, `${gradient}, ${slope}`);
      });
    });
  },
  {
    wrongAnswers: [
      {
        name: 'the wrong sign',
        code: `function kernelGradient(x: number[], logits: number[], label: number): number[][] {
          const largest = Math.max(...logits);
          const powers = logits.map((logit) => Math.exp(logit - largest));
          const sum = powers.reduce((a, b) => a + b, 0);
          return x.map((value) => powers.map((power, k) => value * ((k === label ? 1 : 0) - power / sum)));
        }`,
        fails: 'is what the network said minus what it should have said, times the feature',
      },
      {
        name: 'without the feature',
        code: `function kernelGradient(x: number[], logits: number[], label: number): number[][] {
          const largest = Math.max(...logits);
          const powers = logits.map((logit) => Math.exp(logit - largest));
          const sum = powers.reduce((a, b) => a + b, 0);
          return x.map(() => powers.map((power, k) => power / sum - (k === label ? 1 : 0)));
        }`,
        fails: 'is what the network said minus what it should have said, times the feature',
      },
      {
        name: 'logits for probabilities',
        code: `function kernelGradient(x: number[], logits: number[], label: number): number[][] {
          return x.map((value) => logits.map((logit, k) => value * (logit - (k === label ? 1 : 0))));
        }`,
        fails: 'is what the network said minus what it should have said, times the feature',
      },
      {
        name: 'infinite for large logits',
        code: `function kernelGradient(x: number[], logits: number[], label: number): number[][] {
          const powers = logits.map(Math.exp);
          const sum = powers.reduce((a, b) => a + b, 0);
          return x.map((value) => powers.map((power, k) => value * (power / sum - (k === label ? 1 : 0))));
        }`,
        fails: 'stays a number for large logits',
      },
      {
        name: 'rows and columns swapped',
        code: `function kernelGradient(x: number[], logits: number[], label: number): number[][] {
          const largest = Math.max(...logits);
          const powers = logits.map((logit) => Math.exp(logit - largest));
          const sum = powers.reduce((a, b) => a + b, 0);
          return powers.map((power, k) => x.map((value) => value * (power / sum - (k === label ? 1 : 0))));
        }`,
        fails: 'has a row for each feature and a column for each class',
      },
    ],
  },
);

interface Norm {
  readonly scale: number;
  readonly shift: number;
  readonly mean: number;
  readonly variance: number;
  readonly epsilon: number;
}

question<{
  foldNorm: (weights: number[], bias: number, norm: Norm) => { weights: number[]; bias: number };
}>(
  'q10.4',
  (answers) => {
    const norm = { scale: 3, shift: 0.5, mean: 1, variance: 4, epsilon: 0 };
    it('scales the weights by scale over standard deviation', () => {
      assertClose(answers().foldNorm([2, -1], 0, norm).weights, [3, -1.5]);
    });
    it('moves mean and shift into the bias', () => {
      assertClose([answers().foldNorm([2, -1], 0, norm).bias], [-1]);
    });
    hidden(() => {
      it('scales the bias that was there, too', () => {
        assertClose([answers().foldNorm([1], 2, norm).bias], [2]);
      });
      it('adds epsilon to the variance', () => {
        const { weights, bias } = answers().foldNorm([1], 0, { ...norm, variance: 0, epsilon: 0.25 });
        assertClose([...weights, bias], [6, -5.5]);
      });
      it('says what unit and normalization say one after the other', () => {
        const [weights, bias, inputs] = [[0.3, -2, 1.1], 0.7, [5, 0.1, -3]];
        const any = { scale: -1.5, shift: 2, mean: -0.4, variance: 0.3, epsilon: 1e-3 };
        const sum = (w: number[], b: number) => w.reduce((total, weight, i) => total + weight * inputs[i], b);
        const expected =
          (any.scale * (sum(weights, bias) - any.mean)) / Math.sqrt(any.variance + any.epsilon) + any.shift;
        const folded = answers().foldNorm([...weights], bias, any);
        assertClose([sum(folded.weights, folded.bias)], [expected]);
      });
      it('leaves the given weights as they are', () => {
        const weights = [2, -1];
        answers().foldNorm(weights, 0, norm);
        assert.deepEqual(weights, [2, -1]);
      });
    });
  },
  {
    wrongAnswers: [
      {
        name: 'the variance for the standard deviation',
        code: `function foldNorm(weights: number[], bias: number, norm: Norm) {
          const factor = norm.scale / (norm.variance + norm.epsilon);
          return { weights: weights.map((weight) => weight * factor), bias: (bias - norm.mean) * factor + norm.shift };
        }`,
        fails: 'scales the weights by scale over standard deviation',
      },
      {
        name: 'the mean as it is',
        code: `function foldNorm(weights: number[], bias: number, norm: Norm) {
          const factor = norm.scale / Math.sqrt(norm.variance + norm.epsilon);
          return { weights: weights.map((weight) => weight * factor), bias: bias * factor - norm.mean + norm.shift };
        }`,
        fails: 'moves mean and shift into the bias',
      },
      {
        name: 'the bias not scaled',
        code: `function foldNorm(weights: number[], bias: number, norm: Norm) {
          const factor = norm.scale / Math.sqrt(norm.variance + norm.epsilon);
          return { weights: weights.map((weight) => weight * factor), bias: bias - norm.mean * factor + norm.shift };
        }`,
        fails: 'scales the bias that was there, too',
      },
      {
        name: 'without epsilon',
        code: `function foldNorm(weights: number[], bias: number, norm: Norm) {
          const factor = norm.scale / Math.sqrt(norm.variance);
          return { weights: weights.map((weight) => weight * factor), bias: (bias - norm.mean) * factor + norm.shift };
        }`,
        fails: 'adds epsilon to the variance',
      },
      {
        name: 'changes the weights it was given',
        code: `function foldNorm(weights: number[], bias: number, norm: Norm) {
          const factor = norm.scale / Math.sqrt(norm.variance + norm.epsilon);
          for (let i = 0; i < weights.length; i++) weights[i] *= factor;
          return { weights, bias: (bias - norm.mean) * factor + norm.shift };
        }`,
        fails: 'leaves the given weights as they are',
      },
    ],
  },
);
