import type { Importance } from '../tuning';
import { baseLayout, type Figure, gridColor, palette, plotlyText } from './figure';

/** A bar for the share of the objective's variance that each parameter explains, the most important one on top. */
export function parameterImportancesFigure(
  importances: readonly Importance[],
  { title = 'How much each parameter matters' }: { readonly title?: string } = {},
): Figure {
  const upwards = [...importances].sort((a, b) => a.importance - b.importance); // the axis goes up
  const longest = Math.max(0, ...importances.map(({ name }) => name.length));
  const layout = baseLayout({ title, height: 140 + 36 * importances.length });
  return {
    data: [
      {
        type: 'bar',
        orientation: 'h',
        x: upwards.map(({ importance }) => Number(importance.toPrecision(5))),
        y: upwards.map(({ name }) => plotlyText(name)),
        text: upwards.map(({ importance }) => `${(100 * importance).toFixed(0)} %`),
        textposition: 'outside',
        cliponaxis: false,
        marker: { color: palette[0] },
        hovertemplate: '%{y}: %{x:.1%}<extra></extra>',
      },
    ],
    layout: {
      ...layout,
      margin: { ...layout.margin, l: 30 + 8 * longest },
      xaxis: {
        title: { text: "share of the objective's variance", standoff: 8 },
        tickformat: '.0%',
        range: [0, 1.08],
        gridcolor: gridColor,
        zeroline: false,
      },
      yaxis: { type: 'category' },
    },
  };
}
