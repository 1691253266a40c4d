import { areaUnder, column, type RocCurve, rocCurve } from '../evaluation/curves';
import type { BinnedArea } from '../evaluation/score-histogram';
import { classCurvesFigure, thresholdText } from './class-curves';
import type { Figure } from './figure';

export interface RocFigureOptions {
  /** [numClasses] */
  readonly classNames: readonly string[];
  readonly title?: string;
}

/**
 * A ROC curve for each class against all others, with its area in the legend; the dashed diagonal is guessing. After
 * seven colours the dashes change. A class that no image or every image belongs to has no curve.
 *
 * @param labels [count]
 * @param probabilities Row-major [count, numClasses].
 */
export function rocFigure(
  labels: ArrayLike<number>,
  probabilities: ArrayLike<number>,
  { classNames, title }: RocFigureOptions,
): Figure {
  const curves = classNames.map((_, index) => {
    const isPositive = Array.from(labels, (label) => label === index);
    const scores = column(probabilities, { index, width: classNames.length });
    const curve = rocCurve(isPositive, scores, { dropIntermediate: true });
    const area = areaUnder(curve.falsePositiveRates, curve.truePositiveRates);
    return { rocCurve: curve, rocAuc: { value: area, low: area, high: area } };
  });
  return rocCurvesFigure(curves, { classNames, title });
}

/** The same figure from curves that are computed already, such as those of `StreamingMetrics`, [numClasses]. */
export function rocCurvesFigure(
  curves: readonly { readonly rocCurve: RocCurve; readonly rocAuc: BinnedArea }[],
  { classNames, title = 'ROC curve of each class' }: RocFigureOptions,
): Figure {
  const drawn = curves.flatMap(({ rocCurve: curve, rocAuc }, index) => {
    if (Number.isNaN(rocAuc.value)) return [];
    const { falsePositiveRates: xs, truePositiveRates: ys } = curve;
    const texts = curve.thresholds.map(thresholdText);
    return [{ className: classNames[index], index, area: rocAuc.value, xs, ys, texts }];
  });
  return classCurvesFigure(drawn, {
    title,
    legend: 'class: area',
    axes: {
      x: 'false positive rate (share of the other classes taken for it)',
      y: 'true positive rate (share of the class found)',
    },
    hover:
      '%{y:.1%} of the images found,<br>%{x:.2%} of the others taken for it<br>from a probability of %{text}',
    more: [
      {
        type: 'scatter',
        mode: 'lines',
        name: 'guessing: 0.500',
        x: [0, 1],
        y: [0, 1],
        line: { color: '#767676', width: 1.5, dash: 'dash' },
        hoverinfo: 'skip',
      },
    ],
  });
}
