import type { Plot } from 'nodeplotlib';
import { baseLayout, type Figure, gridColor, palette, plotlyText } from './figure';

/** One class's line in a square of shares. */
export interface ClassCurve {
  readonly className: string;
  /** Place of the class among all, which gives it its colour. */
  readonly index: number;
  readonly area: number;
  readonly xs: readonly number[];
  readonly ys: readonly number[];
  /** What to say of each point besides its place. */
  readonly texts: readonly string[];
}

/** A line for each class with its area in the legend. After seven colours the dashes change. */
export function classCurvesFigure(
  curves: readonly ClassCurve[],
  {
    title,
    legend,
    axes,
    hover,
    shape = 'linear',
    more = [],
  }: {
    readonly title: string;
    readonly legend: string;
    readonly axes: { readonly x: string; readonly y: string };
    readonly hover: string;
    readonly shape?: 'linear' | 'hv';
    readonly more?: readonly Plot[];
  },
): Figure {
  const axis = { range: [-0.01, 1.01], tickformat: '.0%', gridcolor: gridColor, zeroline: false };
  return {
    data: [
      ...curves.map(
        ({ className, index, area, ...points }): Plot => ({
          type: 'scatter',
          mode: 'lines',
          name: `${plotlyText(className)}: ${area.toFixed(3)}`,
          ...visiblePoints(points),
          line: {
            color: palette[index % palette.length],
            width: 2.5,
            dash: dashes[Math.floor(index / palette.length) % dashes.length],
            shape,
          },
          hovertemplate: `${hover}<extra>${plotlyText(className)}</extra>`,
        }),
      ),
      ...more,
    ],
    layout: {
      ...baseLayout({ title, height: 520 }),
      showlegend: true,
      legend: { ...titled(legend), x: 1.02, xanchor: 'left', y: 1 },
      xaxis: { ...axis, title: { text: axes.x, standoff: 8 } },
      yaxis: { ...axis, title: { text: axes.y, standoff: 8 } },
    },
  };
}

/** A threshold in few digits. */
export function thresholdText(threshold: number): string {
  return Number.isFinite(threshold) ? String(Number(threshold.toPrecision(3))) : 'more than any';
}

const dashes = ['solid', 'dashdot', 'dot'] as const;

/** Both ends and every point a pixel or so from the last: thousands of images would else make a heavy notebook. */
function visiblePoints({ xs, ys, texts }: Pick<ClassCurve, 'xs' | 'ys' | 'texts'>) {
  const kept: number[] = [];
  for (let i = 0; i < xs.length; i++) {
    const last = kept[kept.length - 1];
    const moved =
      kept.length === 0 || Math.max(Math.abs(xs[i] - xs[last]), Math.abs(ys[i] - ys[last])) >= 1 / 500;
    if (moved || i === xs.length - 1) kept.push(i);
  }
  return {
    x: kept.map((i) => short(xs[i])),
    y: kept.map((i) => short(ys[i])),
    text: kept.map((i) => texts[i]),
  };
}

/** A legend's title, which nodeplotlib's types do not know. */
function titled(text: string): object {
  return { title: { text } };
}

function short(value: number): number {
  return Number(value.toPrecision(5));
}
