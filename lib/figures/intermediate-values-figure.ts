import { baseLayout, type Figure, gridColor, palette } from './figure';
import {
  describeTrial,
  type ObjectiveOptions,
  objectiveAxis,
  type StudyResults,
} from './optimization-history-figure';

export interface IntermediateValuesOptions extends ObjectiveOptions {
  /** What a step is; default `step`. */
  readonly step?: string;
}

/**
 * What the trials reported, a line each: complete ones blue, the best of them black and wider, pruned ones orange and
 * dotted up to a cross where they were stopped. Trials that reported nothing are left out.
 */
export function intermediateValuesFigure(
  { direction, trials }: StudyResults,
  {
    title = 'Reports of the trials',
    objective = 'value',
    format = '.3~r',
    step = 'step',
  }: IntermediateValuesOptions = {},
): Figure {
  const sign = direction === 'maximize' ? -1 : 1;
  const reported = trials.filter(({ intermediateValues }) => intermediateValues.size > 0);
  const [best] = reported
    .filter(({ state }) => state === 'complete')
    .sort((a, b) => sign * (Number(a.value) - Number(b.value)));
  const rank = { pruned: 0, complete: 1, best: 2 };
  const lines = reported.flatMap((trial) => {
    if (trial.state !== 'complete' && trial.state !== 'pruned') return [];
    return [{ trial, kind: trial === best ? ('best' as const) : trial.state }];
  });
  lines.sort((a, b) => rank[a.kind] - rank[b.kind]); // the best one is drawn last, above the others
  const last = Math.max(1, ...reported.flatMap(({ intermediateValues }) => [...intermediateValues.keys()]));
  const base = baseLayout({ title });
  return {
    data: lines.map(({ trial, kind }, i) => {
      const reports = [...trial.intermediateValues].sort(([a], [b]) => a - b);
      const color = { pruned: palette[1], complete: palette[0], best: palette[6] }[kind];
      const end = reports.length - 1;
      return {
        type: 'scatter',
        mode: 'lines+markers',
        name: kind === 'best' ? `best: trial ${trial.number}` : kind,
        legendgroup: kind,
        showlegend: lines.findIndex((line) => line.kind === kind) === i,
        x: reports.map(([at]) => at),
        y: reports.map(([, value]) => (Number.isFinite(value) ? Number(value.toPrecision(6)) : null)),
        line: { color, width: kind === 'best' ? 3 : 1.5, dash: kind === 'pruned' ? 'dot' : 'solid' },
        marker: {
          color,
          line: { width: 0 },
          symbol: reports.map((_, at) => (kind === 'pruned' && at === end ? 'x' : 'circle')),
          size: reports.map((_, at) => (kind === 'pruned' && at === end ? 8 : 4)),
        },
        opacity: kind === 'best' ? 1 : 0.6,
        hovertemplate: `${describeTrial(trial)}<br>${step} %{x}: %{y:${format}}<extra>${kind}</extra>`,
      };
    }),
    layout: {
      ...base,
      margin: { ...base.margin, b: 92 },
      showlegend: true,
      legend: { orientation: 'h', x: 0.5, xanchor: 'center', y: -0.2, yanchor: 'top' },
      xaxis: {
        title: { text: step, standoff: 8 },
        ...(last <= 12 ? { dtick: 1 } : { tickformat: 'd' }),
        gridcolor: gridColor,
        zeroline: false,
      },
      yaxis: objectiveAxis({ objective, format }),
    },
  };
}
