import type { Plot } from 'nodeplotlib';
import type { EpochRecord } from '../training/history';
import { baseLayout, type Figure, gridColor, palette, panelTitle, plotlyText } from './figure';

/** What a curve needs of an epoch's record. */
export type CurvePoint = Pick<
  EpochRecord,
  'epoch' | 'loss' | 'accuracy' | 'validationLoss' | 'validationAccuracy'
>;

/** One training among several, for comparison. */
export interface Run {
  readonly name: string;
  readonly history: readonly CurvePoint[];
}

/**
 * Loss (left) and accuracy (right) against the epoch: training dashed with circles, validation solid with squares. With
 * `{ runs }` each run has a colour of its own.
 *
 * @param options.epochs How many are planned: the axis goes so far from the start.
 */
export function trainingCurvesFigure(
  history: readonly CurvePoint[] | { readonly runs: readonly Run[] },
  { title = 'Training', epochs = 1 }: { readonly title?: string; readonly epochs?: number } = {},
): Figure {
  const runs = 'runs' in history ? history.runs : [{ name: '', history }];
  const single = runs.length === 1;
  const data = runs.flatMap(({ name, history: points }, run) =>
    parts.flatMap((part, p) => {
      const validated = points.some(({ validationLoss }) => validationLoss !== undefined);
      if (part.validation && !validated) return [];
      const label = plotlyText(single ? part.name : `${name}, ${part.name}`);
      const color = palette[(single ? p : run) % palette.length];
      return panels.map(({ format }, panel): Plot => {
        const values = points.map((point) => read(point, part.validation, panel));
        return {
          type: 'scatter',
          mode: 'lines+markers',
          name: single ? part.name : plotlyText(name),
          legendgroup: single ? part.name : plotlyText(name),
          showlegend: panel === 0 && (single || part.validation || !validated),
          x: points.map(({ epoch }) => epoch),
          y: values.map((value) => (value === undefined ? null : Number(value.toPrecision(6)))),
          line: { color, width: 2.5, dash: part.validation ? 'solid' : 'dash' },
          marker: { color, size: points.length > 40 ? 4 : 7, symbol: part.validation ? 'square' : 'circle' },
          xaxis: panel === 0 ? 'x' : 'x2',
          yaxis: panel === 0 ? 'y' : 'y2',
          hovertemplate: `epoch %{x}: %{y:${format}}<extra>${label}</extra>`,
        };
      });
    }),
  );
  const last = Math.max(epochs, ...runs.flatMap((run) => run.history.map(({ epoch }) => epoch)));
  const base = baseLayout({
    title: single ? title : `${title} (dashed: train, solid: validation)`,
    height: 390,
  });
  const xaxis = {
    title: { text: 'epoch', standoff: 8 },
    gridcolor: gridColor,
    zeroline: false,
    range: [Math.min(1, last - 1) - 0.03 * last, last + 0.03 * last],
    ...(last <= 12 ? { dtick: 1 } : { tickformat: 'd' }),
  };
  const yaxis = { gridcolor: gridColor, zeroline: false };
  return {
    data,
    layout: {
      ...base,
      margin: { ...base.margin, t: 86, b: 92 },
      showlegend: true,
      legend: { orientation: 'h', x: 0.5, xanchor: 'center', y: -0.26, yanchor: 'top' },
      xaxis: { ...xaxis, domain: [0, 0.46] },
      yaxis: { ...yaxis, rangemode: 'tozero' },
      xaxis2: { ...xaxis, domain: [0.54, 1] },
      yaxis2: { ...yaxis, anchor: 'x2', tickformat: '.2~%' },
      annotations: panels.map(({ title: text }, panel) => panelTitle(text, panel === 0 ? 0.23 : 0.77)),
    },
  };
}

const parts = [
  { name: 'train', validation: false },
  { name: 'validation', validation: true },
] as const;

const panels = [
  { title: 'loss (cross-entropy, nats)', format: '.3f' },
  { title: 'accuracy (share of images)', format: '.1%' },
] as const;

function read(point: CurvePoint, validation: boolean, panel: number): number | undefined {
  if (panel === 0) return validation ? point.validationLoss : point.loss;
  return validation ? point.validationAccuracy : point.accuracy;
}
