import { type ConfusionMatrix, marginsOf } from '../evaluation/confusion';
import { wilsonInterval } from '../evaluation/intervals';
import { precisionRecallF1 } from '../evaluation/metrics';
import { baseLayout, type Figure, gridColor, palette, plotlyText } from './figure';

/**
 * Precision and recall of each class with Wilson's 95 % intervals, the class of the best F1 on top. A class that was
 * never predicted has no precision, one without images no recall: the point is left out.
 */
export function classMetricsFigure(
  matrix: ConfusionMatrix,
  {
    classNames,
    title = 'Precision and recall of each class',
  }: { readonly classNames: readonly string[]; readonly title?: string },
): Figure {
  const { support, predicted } = marginsOf(matrix);
  const f1 = precisionRecallF1(matrix).perClass.map((metrics) => metrics.f1);
  const order = classNames.map((_, c) => c).sort((a, b) => f1[a] - f1[b]); // the axis goes up
  const longest = Math.max(0, ...classNames.map((name) => name.length));
  const measures = [
    { name: 'precision', totals: predicted, offset: 0.14, symbol: 'circle', color: palette[0] },
    { name: 'recall', totals: support, offset: -0.14, symbol: 'square', color: palette[1] },
  ] as const;
  const layout = baseLayout({ title, height: 140 + 36 * classNames.length });
  return {
    data: measures.map(({ name, totals, offset, symbol, color }) => {
      const points = order.flatMap((c, place) => {
        if (totals[c] === 0) return [];
        const share = matrix[c][c] / totals[c];
        return [{ c, y: place + offset, share, ...wilsonInterval(matrix[c][c], totals[c]) }];
      });
      return {
        type: 'scatter',
        mode: 'markers',
        name,
        x: points.map(({ share }) => short(share)),
        y: points.map(({ y }) => y),
        error_x: {
          type: 'data',
          symmetric: false,
          array: points.map(({ high, share }) => short(high - share)),
          arrayminus: points.map(({ low, share }) => short(share - low)),
          color,
          thickness: 1.5,
          width: 3,
        },
        marker: { color, symbol, size: 8 },
        text: points.map(
          ({ c, share, low, high }) =>
            `${plotlyText(classNames[c])}: ${name} ${percent(share)} (${percent(low)} to ${percent(high)}), F1 ${percent(f1[c])}`,
        ),
        hovertemplate: '%{text}<extra></extra>',
      };
    }),
    layout: {
      ...layout,
      margin: { ...layout.margin, l: 30 + 8 * longest, t: title ? 90 : 60 },
      showlegend: true,
      legend: { orientation: 'h', x: 0.5, xanchor: 'center', y: 1.01, yanchor: 'bottom' },
      xaxis: { tickformat: '.0%', gridcolor: gridColor, zeroline: false },
      yaxis: {
        tickvals: order.map((_, place) => place),
        ticktext: order.map((c) => plotlyText(classNames[c])),
        range: [-0.6, classNames.length - 0.4],
        gridcolor: gridColor,
        zeroline: false,
      },
    },
  };
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)}%`;
}

function short(value: number): number {
  return Number(value.toPrecision(5));
}
