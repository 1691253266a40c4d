import type { Distribution } from './distributions';
import type { Leaf, Side } from './forest';

/** A parameter in the space of a forest: one column for a range, one for each choice. */
export interface Axis {
  readonly kind: 'range' | 'choices';
  readonly firstColumn: number;
  readonly bounds: readonly Side[];
}

export function makeAxes(distributions: readonly Distribution[]): Axis[] {
  let firstColumn = 0;
  return distributions.map((distribution) => {
    const bounds =
      distribution.kind === 'categorical'
        ? distribution.choices.map(() => ({ from: 0, to: 1 }))
        : [{ from: distribution.low, to: distribution.high }];
    const axis: Axis = {
      kind: distribution.kind === 'categorical' ? 'choices' : 'range',
      firstColumn,
      bounds,
    };
    firstColumn += bounds.length;
    return axis;
  });
}

/**
 * The share of a forest's variance that one parameter explains, 0 to 1, on average over its trees: the variance of what a
 * tree predicts for a value of the parameter, on average over all others, in relation to that of all it predicts. Trees
 * that predict the same everywhere do not count. Source: Hutter et al., ICML 2014, section 3.2 and algorithm 2.
 */
export function shareOfVariance(
  forest: readonly (readonly Leaf[])[],
  { axis, axes }: { readonly axis: Axis; readonly axes: readonly Axis[] },
): number {
  const shares = forest.flatMap((leaves) => {
    const volumes = leaves.map((leaf) => axes.reduce((volume, each) => volume * widthOf(each, leaf), 1));
    const total = variance(
      leaves.map(({ value }) => value),
      volumes,
    );
    return total > 0 ? [marginalVariance(leaves, { axis, volumes }) / total] : [];
  });
  return shares.length === 0 ? 0 : shares.reduce((a, b) => a + b) / shares.length;
}

function marginalVariance(
  leaves: readonly Leaf[],
  { axis, volumes }: { readonly axis: Axis; readonly volumes: readonly number[] },
): number {
  const { weights, cellsOf } = cut(axis, leaves);
  const means = new Float64Array(weights.length);
  leaves.forEach((leaf, i) => {
    const part = (leaf.value * volumes[i]) / widthOf(axis, leaf); // of all that has a value from the leaf's side
    for (const cell of cellsOf(leaf)) means[cell] += part;
  });
  return variance(means, weights);
}

/** How much of the axis the leaf has, 0 to 1. */
function widthOf(axis: Axis, leaf: Leaf): number {
  if (axis.kind === 'choices') return choicesOf(axis, leaf).length / axis.bounds.length;
  const [{ from, to }, side] = [axis.bounds[0], leaf.sides[axis.firstColumn]];
  return (side.to - side.from) / (to - from);
}

/** The choices that lead into the leaf: a 1 in their own column and a 0 in all others do. */
function choicesOf({ firstColumn, bounds }: Axis, { sides }: Leaf): number[] {
  const own = sides.slice(firstColumn, firstColumn + bounds.length);
  const choices = own.map((_, choice) => choice);
  return choices.filter((choice) => own.every((side, c) => (c === choice ? side.to === 1 : side.from === 0)));
}

/** Cuts an axis into cells that no leaf divides. */
function cut(
  axis: Axis,
  leaves: readonly Leaf[],
): { readonly weights: readonly number[]; readonly cellsOf: (leaf: Leaf) => readonly number[] } {
  if (axis.kind === 'choices') {
    return {
      weights: axis.bounds.map(() => 1 / axis.bounds.length),
      cellsOf: (leaf) => choicesOf(axis, leaf),
    };
  }
  const sides = leaves.map((leaf) => leaf.sides[axis.firstColumn]);
  const points = [...new Set(sides.flatMap(({ from, to }) => [from, to]))].sort((a, b) => a - b);
  const places = new Map(points.map((point, place) => [point, place]));
  const length = points[points.length - 1] - points[0];
  return {
    weights: points.slice(1).map((point, i) => (point - points[i]) / length),
    cellsOf: ({ sides: { [axis.firstColumn]: side } }) => {
      const [from, to] = [places.get(side.from) ?? 0, places.get(side.to) ?? 0];
      return Array.from({ length: to - from }, (_, i) => from + i);
    },
  };
}

/** Of values with weights that sum to 1. */
function variance(values: ArrayLike<number>, weights: readonly number[]): number {
  const mean = weights.reduce((sum, weight, i) => sum + weight * values[i], 0);
  return weights.reduce((sum, weight, i) => sum + weight * (values[i] - mean) ** 2, 0);
}
