import assert from 'node:assert/strict';
import { assertClose } from '../../lib/grading/assertions';
import { hidden, question } from '../../lib/grading/questions';

question<{ gridSize: (values: Record<string, readonly unknown[]>) => number }>(
  'q7.1',
  (answers) => {
    it('multiplies the numbers of values', () => {
      assert.equal(answers().gridSize({ learningRate: [0.1, 0.01, 0.001], batchSize: [32, 64] }), 6);
    });
    it('counts values of any kind', () => {
      assert.equal(
        answers().gridSize({ optimizer: ['sgd', 'adam'], nesterov: [true, false], layers: [1] }),
        4,
      );
    });
    hidden(() => {
      it('counts the combinations of six lists', () => {
        const values = Object.fromEntries([...'abcdef'].map((name) => [name, [1, 2, 3, 4, 5]]));
        assert.equal(answers().gridSize(values), 15_625);
      });
      it('is one training where nothing is to choose', () => {
        assert.equal(answers().gridSize({}), 1);
      });
      it('is none where a hyperparameter has no values', () => {
        assert.equal(answers().gridSize({ learningRate: [0.1, 0.01], batchSize: [] }), 0);
      });
    });
  },
  {
    wrongAnswers: [
      {
        name: 'adds instead of multiplying',
        code: `function gridSize(values: Record<string, readonly unknown[]>): number {
          return Object.values(values).reduce((sum, list) => sum + list.length, 0);
        }`,
        fails: 'multiplies the numbers of values',
      },
      {
        name: 'multiplies the values themselves',
        code: `function gridSize(values: Record<string, readonly unknown[]>): number {
          return Object.values(values).flat().reduce((product: number, value) => product * Number(value), 1);
        }`,
        fails: 'counts values of any kind',
      },
      {
        name: 'takes all lists for as long as the first',
        code: `function gridSize(values: Record<string, readonly unknown[]>): number {
          const lists = Object.values(values);
          return (lists[0]?.length ?? 1) ** lists.length;
        }`,
        fails: 'multiplies the numbers of values',
      },
      {
        name: 'knows two hyperparameters only',
        code: `function gridSize(values: Record<string, readonly unknown[]>): number {
          const [first, second] = Object.values(values);
          return (first?.length ?? 1) * (second?.length ?? 1);
        }`,
        fails: 'counts the combinations of six lists',
      },
      {
        name: 'begins with the first list',
        code: `function gridSize(values: Record<string, readonly unknown[]>): number {
          return Object.values(values).map((list) => list.length).reduce((a, b) => a * b);
        }`,
        fails: 'is one training where nothing is to choose',
      },
      {
        name: 'leaves out hyperparameters without values',
        code: `function gridSize(values: Record<string, readonly unknown[]>): number {
          return Object.values(values).reduce((product, list) => product * Math.max(1, list.length), 1);
        }`,
        fails: 'is none where a hyperparameter has no values',
      },
    ],
  },
);

question<{ drawLogUniform: (u: number, low: number, high: number) => number }>(
  'q7.2',
  (answers) => {
    it('goes from low to high', () => {
      const { drawLogUniform } = answers();
      assertClose([drawLogUniform(0, 0.001, 10), drawLogUniform(1, 0.001, 10)], [0.001, 10]);
    });
    it('has half of its draws below the middle of the exponents', () => {
      assertClose([answers().drawLogUniform(0.5, 0.0001, 0.01)], [0.001], { tolerance: 1e-9 });
    });
    hidden(() => {
      it('takes equal steps of u for equal ratios', () => {
        const draws = [0, 0.25, 0.5, 0.75, 1].map((u) => answers().drawLogUniform(u, 1, 81));
        assertClose(draws, [1, 3, 9, 27, 81]);
      });
      it('works for ranges that are no powers of ten', () => {
        assertClose([answers().drawLogUniform(0.5, 2, 8)], [4]);
      });
      it('gives the only value of a range of one', () => {
        assertClose([answers().drawLogUniform(0.3, 0.5, 0.5)], [0.5]);
      });
    });
  },
  {
    wrongAnswers: [
      {
        name: 'draws evenly',
        code: 'function drawLogUniform(u: number, low: number, high: number) { return low + u * (high - low); }',
        fails: 'has half of its draws below the middle of the exponents',
      },
      {
        name: 'gives the logarithm',
        code: `function drawLogUniform(u: number, low: number, high: number) {
          return Math.log(low) + u * (Math.log(high) - Math.log(low));
        }`,
        fails: 'goes from low to high',
      },
      {
        name: 'mixes up the bases of the logarithms',
        code: `function drawLogUniform(u: number, low: number, high: number) {
          return Math.exp(Math.log10(low) + u * (Math.log10(high) - Math.log10(low)));
        }`,
        fails: 'goes from low to high',
      },
      {
        name: 'draws the logarithm of the number itself',
        code: `function drawLogUniform(u: number, low: number, high: number) {
          return Math.log(Math.exp(low) + u * (Math.exp(high) - Math.exp(low)));
        }`,
        fails: 'has half of its draws below the middle of the exponents',
      },
      {
        name: 'squares the draw',
        code: 'function drawLogUniform(u: number, low: number, high: number) { return low + u ** 2 * (high - low); }',
        fails: 'has half of its draws below the middle of the exponents',
      },
      {
        name: 'knows whole powers of ten only',
        code: `function drawLogUniform(u: number, low: number, high: number) {
          const [from, to] = [Math.round(Math.log10(low)), Math.round(Math.log10(high))];
          return 10 ** (from + u * (to - from));
        }`,
        fails: 'works for ranges that are no powers of ten',
      },
    ],
  },
);

const others = [
  [0.2, 0.3, 0.35],
  [0.1, 0.5, 0.55],
  [0.3, 0.4, 0.6],
];

question<{ shouldStop: (own: number[], others: number[][], startup: number) => boolean }>(
  'q7.3',
  (answers) => {
    // the medians after the epochs: 0.2, 0.4, 0.55
    it('stops what is below the median of the others', () => {
      assert.equal(answers().shouldStop([0.15], others, 1), true);
      assert.equal(answers().shouldStop([0.25], others, 1), false);
    });
    it('compares with what the others had after the same epoch', () => {
      assert.equal(answers().shouldStop([0.25, 0.38], others, 1), true);
      assert.equal(answers().shouldStop([0.25, 0.45], others, 1), false);
    });
    hidden(() => {
      it('counts the best of its own epochs, not the last', () => {
        assert.equal(answers().shouldStop([0.45, 0.2], others, 1), false);
      });
      it('waits until there are enough others', () => {
        assert.equal(answers().shouldStop([0.01], others, 4), false);
        assert.equal(answers().shouldStop([0.01], others, 3), true);
        assert.equal(answers().shouldStop([0.01], [], 1), false);
      });
      it('takes the mean of the middle two of an even number', () => {
        const four = [[0.1], [0.2], [0.4], [0.9]]; // 0.3
        assert.equal(answers().shouldStop([0.28], four, 1), true);
        assert.equal(answers().shouldStop([0.32], four, 1), false);
      });
      it('lets go on what equals the median', () => {
        assert.equal(answers().shouldStop([0.2], others, 1), false);
      });
      it('takes the median, not the mean', () => {
        const one = [[0.1], [0.12], [0.98]]; // the mean is 0.4
        assert.equal(answers().shouldStop([0.2], one, 1), false);
      });
      it('keeps the lists that it was given', () => {
        const given = [[0.5, 0.6], [0.1, 0.2], [0.3, 0.9]]; // biome-ignore format: short
        const own = [0.4, 0.2];
        assert.equal(answers().shouldStop(own, given, 1), true);
        assert.deepEqual([own, given], [[0.4, 0.2], [[0.5, 0.6], [0.1, 0.2], [0.3, 0.9]]]); // biome-ignore format: short
      });
    });
  },
  {
    wrongAnswers: [
      {
        name: 'stops what is above the median, as if it were a loss',
        code: stopping({ decision: 'Math.min(...own) > median' }),
        fails: 'stops what is below the median of the others',
      },
      {
        name: 'compares with the last epoch of the others',
        code: stopping({ value: 'accuracies[accuracies.length - 1]' }),
        fails: 'stops what is below the median of the others',
      },
      {
        name: 'compares with their epoch after',
        code: stopping({ value: 'accuracies[own.length] ?? 1' }),
        fails: 'stops what is below the median of the others',
      },
      {
        name: 'compares with their first epoch',
        code: stopping({ value: 'accuracies[0]' }),
        fails: 'compares with what the others had after the same epoch',
      },
      {
        name: 'takes the last of its own epochs',
        code: stopping({ decision: 'own[own.length - 1] < median' }),
        fails: 'counts the best of its own epochs, not the last',
      },
      {
        name: 'does not wait',
        code: stopping({ wait: 'others.length === 0' }),
        fails: 'waits until there are enough others',
      },
      {
        name: 'waits for one too many',
        code: stopping({ wait: 'others.length <= startup' }),
        fails: 'waits until there are enough others',
      },
      {
        name: 'takes the upper of the middle two',
        code: stopping({ median: 'sorted[Math.floor(sorted.length / 2)]' }),
        fails: 'takes the mean of the middle two of an even number',
      },
      {
        name: 'stops at the median, too',
        code: stopping({ decision: 'Math.max(...own) <= median' }),
        fails: 'lets go on what equals the median',
      },
      {
        name: 'takes the mean',
        code: stopping({ median: 'sorted.reduce((sum, x) => sum + x, 0) / sorted.length' }),
        fails: 'takes the median, not the mean',
      },
      {
        name: 'sorts its own list',
        code: stopping({ decision: '(own.sort((a, b) => a - b)[own.length - 1] < median)' }),
        fails: 'keeps the lists that it was given',
      },
    ],
  },
);

/** The median pruner with some of its parts replaced by wrong ones, as TypeScript. */
function stopping({
  wait = 'others.length < startup',
  value = 'accuracies[own.length - 1]',
  median = '(sorted[Math.ceil(sorted.length / 2) - 1] + sorted[Math.floor(sorted.length / 2)]) / 2',
  decision = 'Math.max(...own) < median',
}: Partial<Record<'wait' | 'value' | 'median' | 'decision', string>>): string {
  return `function shouldStop(own: number[], others: number[][], startup: number): boolean {
    if (${wait}) return false;
    const sorted = others.map((accuracies) => ${value}).sort((a, b) => a - b);
    const median = ${median};
    return ${decision};
  }`;
}

question<{ survivors: (accuracies: number[], eta: number) => number[] }>(
  'q7.4',
  (answers) => {
    it('keeps the best one of every eta', () => {
      assert.deepEqual(answers().survivors([0.1, 0.5, 0.3, 0.2, 0.6, 0.4], 3), [4, 1]);
    });
    it('gives indices, the best one first', () => {
      assert.deepEqual(answers().survivors([0.7, 0.8, 0.9, 0.6], 2), [2, 1]);
    });
    hidden(() => {
      it('rounds down', () => {
        assert.deepEqual(answers().survivors([0.5, 0.4, 0.3, 0.2, 0.1], 3), [0]);
        assert.deepEqual(answers().survivors([0.1, 0.2, 0.3, 0.4, 0.5], 2), [4, 3]);
      });
      it('keeps at least one', () => {
        assert.deepEqual(answers().survivors([0.2, 0.3], 4), [1]);
      });
      it('keeps the earlier one of equals', () => {
        assert.deepEqual(answers().survivors([0.2, 0.4, 0.4, 0.4], 2), [1, 2]);
      });
      it('compares numbers, however small', () => {
        // as texts, 9e-7 would be above 0.5
        assert.deepEqual(answers().survivors([9e-7, 0.5, 0.25, 1e-7], 2), [1, 2]);
      });
      it('keeps the list that it was given', () => {
        const accuracies = [0.1, 0.9, 0.5, 0.3];
        assert.deepEqual(answers().survivors(accuracies, 2), [1, 2]);
        assert.deepEqual(accuracies, [0.1, 0.9, 0.5, 0.3]);
      });
    });
  },
  {
    wrongAnswers: [
      {
        name: 'keeps eta of them',
        code: halving({ count: 'eta' }),
        fails: 'keeps the best one of every eta',
      },
      {
        name: 'drops one of every eta',
        code: halving({ count: 'accuracies.length - Math.floor(accuracies.length / eta)' }),
        fails: 'keeps the best one of every eta',
      },
      {
        name: 'keeps the worst',
        code: halving({ compare: 'accuracies[a] - accuracies[b]' }),
        fails: 'keeps the best one of every eta',
      },
      {
        name: 'gives the accuracies',
        code: halving({ result: 'kept.map((i) => accuracies[i])' }),
        fails: 'gives indices, the best one first',
      },
      {
        name: 'gives the indices in their own order',
        code: halving({ result: 'kept.sort((a, b) => a - b)' }),
        fails: 'gives indices, the best one first',
      },
      {
        name: 'rounds up',
        code: halving({ count: 'Math.ceil(accuracies.length / eta)' }),
        fails: 'rounds down',
      },
      {
        name: 'keeps none of few',
        code: halving({ count: 'Math.floor(accuracies.length / eta)' }),
        fails: 'keeps at least one',
      },
      {
        name: 'keeps the later one of equals',
        code: halving({ compare: 'accuracies[b] - accuracies[a] || b - a' }),
        fails: 'keeps the earlier one of equals',
      },
      {
        name: 'compares texts',
        code: halving({ compare: 'String(accuracies[b]) > String(accuracies[a]) ? 1 : -1' }),
        fails: 'compares numbers, however small',
      },
      {
        name: 'sorts the list of the caller',
        code: `function survivors(accuracies: number[], eta: number): number[] {
          const before = [...accuracies];
          const best = accuracies.sort((a, b) => b - a).slice(0, Math.max(1, Math.floor(before.length / eta)));
          const used = new Set<number>();
          return best.map((value) => {
            const found = before.findIndex((other, i) => other === value && !used.has(i));
            used.add(found);
            return found;
          });
        }`,
        fails: 'keeps the list that it was given',
      },
    ],
  },
);

/** A rung of successive halving with some of its parts replaced by wrong ones, as TypeScript. */
function halving({
  compare = 'accuracies[b] - accuracies[a]',
  count = 'Math.max(1, Math.floor(accuracies.length / eta))',
  result = 'kept',
}: Partial<Record<'compare' | 'count' | 'result', string>>): string {
  return `function survivors(accuracies: number[], eta: number): number[] {
    const order = accuracies.map((_, i) => i).sort((a, b) => ${compare});
    const kept = order.slice(0, ${count});
    return ${result};
  }`;
}
