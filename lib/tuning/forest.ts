import type { Random } from '../random';

/** The range of a leaf along one column, both in the column's own numbers. */
export interface Side {
  readonly from: number;
  readonly to: number;
}

/** A part of the space in which a tree predicts one value; one side a column. */
export interface Leaf {
  readonly value: number;
  readonly sides: readonly Side[];
}

/**
 * The leaves of regression trees, each grown on as many examples as there are, drawn with replacement, until a leaf holds
 * one value: a random forest that looks at all columns for every split. Sources: Breiman, Random Forests, Machine
 * Learning 45, 2001; as RandomForestRegressor of scikit-learn by default.
 *
 * @param options.columns One array a column, [count].
 * @param options.bounds The whole space, one side a column.
 */
export function growForest(
  values: Float64Array,
  {
    columns,
    bounds,
    trees = 64,
    random,
  }: {
    readonly columns: readonly Float64Array[];
    readonly bounds: readonly Side[];
    readonly trees?: number;
    readonly random: Random;
  },
): Leaf[][] {
  return Array.from({ length: trees }, (_, i) => {
    const tree = random.fork(`tree ${i}`);
    const drawn = Uint32Array.from(values, () => tree.integer(values.length));
    return growTree(drawn, { values, columns, bounds, random: tree });
  });
}

interface Growing {
  readonly values: Float64Array;
  readonly columns: readonly Float64Array[];
  readonly bounds: readonly Side[];
  readonly random: Random;
}

function growTree(drawn: Uint32Array, { values, columns, bounds, random }: Growing): Leaf[] {
  const leaves: Leaf[] = [];
  const open: { readonly rows: Uint32Array; readonly sides: readonly Side[] }[] = [
    { rows: drawn, sides: bounds },
  ];
  for (let node = open.pop(); node; node = open.pop()) {
    const { rows, sides } = node;
    const split = bestSplit(rows, { values, columns, random });
    if (!split) {
      leaves.push({ value: rows.reduce((sum, row) => sum + values[row], 0) / rows.length, sides });
      continue;
    }
    const { column, threshold } = split;
    const isLeft = (row: number): boolean => columns[column][row] <= threshold;
    open.push(
      { rows: rows.filter(isLeft), sides: narrow(sides, column, { to: threshold }) },
      { rows: rows.filter((row) => !isLeft(row)), sides: narrow(sides, column, { from: threshold }) },
    );
  }
  return leaves;
}

function narrow(sides: readonly Side[], column: number, end: Partial<Side>): Side[] {
  return sides.map((side, i) => (i === column ? { ...side, ...end } : side));
}

/** The split after which the squares of the sums, divided by the counts, are largest: the variance left is smallest. */
function bestSplit(
  rows: Uint32Array,
  { values, columns, random }: Omit<Growing, 'bounds'>,
): { readonly column: number; readonly threshold: number } | undefined {
  if (rows.every((row) => values[row] === values[rows[0]])) return undefined;
  const total = rows.reduce((sum, row) => sum + values[row], 0);
  let best: { column: number; threshold: number; gain: number } | undefined;
  for (const column of random.permutation(columns.length)) {
    // so that equal columns take turns
    const xs = columns[column];
    const sorted = rows.slice().sort((a, b) => xs[a] - xs[b]);
    let left = 0;
    for (let i = 1; i < sorted.length; i++) {
      left += values[sorted[i - 1]];
      const [below, above] = [xs[sorted[i - 1]], xs[sorted[i]]];
      if (below === above) continue;
      const gain = left ** 2 / i + (total - left) ** 2 / (sorted.length - i);
      if (!best || gain > best.gain) best = { column, threshold: below + (above - below) / 2, gain };
    }
  }
  return best;
}
