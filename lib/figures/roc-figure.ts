import { areaUnder, column, type RocCurve, rocCurve } from '../evaluation/curves';
import { baseLayout, type Figure, gridColor, palette, plotlyText } from './figure';

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
  { classNames, title = 'ROC curve of each class' }: RocFigureOptions,
): Figure {
  const curves = classNames.flatMap((name, c) => {
    const isPositive = Array.from(labels, (label) => label === c);
    if (isPositive.every((positive) => positive === isPositive[0])) return [];
    const scores = column(probabilities, { index: c, width: classNames.length });
    return [{ name, c, curve: rocCurve(isPositive, scores, { dropIntermediate: true }) }];
  });
  const axis = { range: [-0.01, 1.01], tickformat: '.0%', gridcolor: gridColor, zeroline: false };
  const base = baseLayout({ title, height: 520 });
  return {
    data: [
      ...curves.map(({ name, c, curve }): Figure['data'][number] => {
        const area = areaUnder(curve.falsePositiveRates, curve.truePositiveRates);
        return {
          type: 'scatter',
          mode: 'lines',
          name: `${plotlyText(name)}: ${area.toFixed(3)}`,
          ...visiblePoints(curve),
          line: {
            color: palette[c % palette.length],
            width: 2.5,
            dash: dashes[Math.floor(c / palette.length) % dashes.length],
          },
          hovertemplate:
            `%{y:.1%} of the images found,<br>%{x:.2%} of the others taken for it<br>` +
            `from a probability of %{text}<extra>${plotlyText(name)}</extra>`,
        };
      }),
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
    layout: {
      ...base,
      showlegend: true,
      legend: { ...titled('class: area'), x: 1.02, xanchor: 'left', y: 1 },
      xaxis: {
        ...axis,
        title: { text: 'false positive rate (share of the other classes taken for it)', standoff: 8 },
      },
      yaxis: { ...axis, title: { text: 'true positive rate (share of the class found)', standoff: 8 } },
    },
  };
}

const dashes = ['solid', 'dashdot', 'dot'] as const;

/** Both ends and every point a pixel or so from the last: thousands of images would else make a heavy notebook. */
function visiblePoints({ falsePositiveRates: xs, truePositiveRates: ys, thresholds }: RocCurve) {
  const kept: number[] = [];
  for (let i = 0; i < xs.length; i++) {
    const last = kept[kept.length - 1];
    const moved = kept.length === 0 || Math.max(xs[i] - xs[last], ys[i] - ys[last]) >= 1 / 500;
    if (moved || i === xs.length - 1) kept.push(i);
  }
  return {
    x: kept.map((i) => short(xs[i])),
    y: kept.map((i) => short(ys[i])),
    text: kept.map((i) => (i === 0 ? 'more than any' : String(Number(thresholds[i].toPrecision(3))))),
  };
}

/** A legend's title, which nodeplotlib's types do not know. */
function titled(text: string): object {
  return { title: { text } };
}

function short(value: number): number {
  return Number(value.toPrecision(5));
}
