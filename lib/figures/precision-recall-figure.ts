import {
  averagePrecision,
  column,
  type PrecisionRecallCurve,
  precisionRecallCurve,
} from '../evaluation/curves';
import type { BinnedArea } from '../evaluation/score-histogram';
import { classCurvesFigure, thresholdText } from './class-curves';
import type { Figure } from './figure';
import type { RocFigureOptions } from './roc-figure';

/**
 * A precision-recall curve for each class against all others, as steps, with its average precision in the legend. A class
 * without images has no curve. A class as rare as one image in ten has, guessed at random, a precision of 10 %.
 *
 * @param labels [count]
 * @param probabilities Row-major [count, numClasses].
 */
export function precisionRecallFigure(
  labels: ArrayLike<number>,
  probabilities: ArrayLike<number>,
  { classNames, title }: RocFigureOptions,
): Figure {
  const curves = classNames.map((_, index) => {
    const isPositive = Array.from(labels, (label) => label === index);
    const scores = column(probabilities, { index, width: classNames.length });
    const area = averagePrecision(isPositive, scores);
    return {
      precisionRecallCurve: precisionRecallCurve(isPositive, scores),
      averagePrecision: { value: area, low: area, high: area },
    };
  });
  return precisionRecallCurvesFigure(curves, { classNames, title });
}

/** The same figure from curves that are computed already, such as those of `StreamingMetrics`, [numClasses]. */
export function precisionRecallCurvesFigure(
  curves: readonly {
    readonly precisionRecallCurve: PrecisionRecallCurve;
    readonly averagePrecision: BinnedArea;
  }[],
  { classNames, title = 'Precision-recall curve of each class' }: RocFigureOptions,
): Figure {
  const drawn = curves.flatMap(({ precisionRecallCurve: curve, averagePrecision: area }, index) => {
    const { precisions, recalls, thresholds } = curve;
    if (precisions[0] === 0) return []; // no image is of the class
    const texts = [...thresholds.map(thresholdText), 'more than any'];
    return [{ className: classNames[index], index, area: area.value, xs: recalls, ys: precisions, texts }];
  });
  return classCurvesFigure(drawn, {
    title,
    legend: 'class: average precision',
    axes: {
      x: 'recall (share of the class found)',
      y: 'precision (share of right ones among those called so)',
    },
    hover:
      '%{x:.1%} of the images found,<br>%{y:.1%} of those called so are<br>from a probability of %{text}',
    shape: 'hv',
  });
}
