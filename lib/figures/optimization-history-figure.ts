import type { Layout, Plot } from 'nodeplotlib';
import type { FrozenTrial, Study } from '../tuning';
import { baseLayout, type Figure, gridColor, palette, plotlyText } from './figure';

/** What figures read of a study. */
export type StudyResults = Pick<Study, 'name' | 'direction' | 'trials'>;

export interface ObjectiveOptions {
  readonly title?: string;
  /** What the objective's value is; default `value`. */
  readonly objective?: string;
  /** How it is written, a format of d3; default three digits that count, `.1%` for shares. */
  readonly format?: string;
}

export interface OptimizationHistoryOptions extends ObjectiveOptions {
  /** What a trial cost: the axis then adds up costs instead of counting trials. */
  readonly cost?: { readonly name: string; readonly of: (trial: FrozenTrial) => number };
}

/**
 * The value of every complete trial as a point, of every pruned one as a cross, and as a line the best so far. Several
 * studies have a colour each, and a legend with their names.
 */
export function optimizationHistoryFigure(
  studies: StudyResults | readonly StudyResults[],
  { title = 'Trials', objective = 'value', format = '.3~r', cost }: OptimizationHistoryOptions = {},
): Figure {
  const all: readonly StudyResults[] = 'trials' in studies ? [studies] : studies;
  const base = baseLayout({ title });
  return {
    data: all.flatMap((study, i) => {
      const color = palette[all.length === 1 ? 1 : i % palette.length];
      const points = placesOf(study.trials, cost?.of);
      const markers = (['complete', 'pruned'] as const).flatMap((state): Plot[] => {
        const shown = points.filter(({ trial }) => trial.state === state);
        if (shown.length === 0) return [];
        return [
          {
            type: 'scatter',
            mode: 'markers',
            name: state,
            showlegend: all.length === 1,
            x: shown.map(({ x }) => x),
            y: shown.map(({ trial }) => short(Number(trial.value))),
            text: shown.map(({ trial }) => describeTrial(trial)),
            marker: {
              color: all.length === 1 ? palette[0] : color,
              symbol: state === 'complete' ? 'circle' : 'x-thin-open',
              size: 7,
              opacity: all.length === 1 ? 0.8 : 0.45,
            },
            hovertemplate: `%{text}: %{y:${format}}<extra>${plotlyText(study.name)}</extra>`,
          },
        ];
      });
      return [...markers, bestLine(study, points, { color, single: all.length === 1, format })];
    }),
    layout: {
      ...base,
      margin: { ...base.margin, b: 92 },
      showlegend: true,
      legend: { orientation: 'h', x: 0.5, xanchor: 'center', y: -0.2, yanchor: 'top' },
      xaxis: {
        title: { text: plotlyText(cost?.name ?? 'trial'), standoff: 8 },
        gridcolor: gridColor,
        zeroline: false,
      },
      yaxis: objectiveAxis({ objective, format }),
    },
  };
}

export function objectiveAxis({
  objective,
  format,
}: Required<Omit<ObjectiveOptions, 'title'>>): Layout['yaxis'] {
  return {
    title: { text: plotlyText(objective), standoff: 8 },
    tickformat: format.endsWith('%') ? '.2~%' : '.3~r',
    gridcolor: gridColor,
    zeroline: false,
  };
}

/** Such as `trial 3, learningRate 0.01, batchSize 64`, for a hover box. */
export function describeTrial({ number, params }: FrozenTrial): string {
  const texts = Object.entries(params).map(([name, value]) => {
    return `${name} ${typeof value === 'number' ? Number(value.toPrecision(3)) : value}`;
  });
  return plotlyText([`trial ${number}`, ...texts].join(', '));
}

interface Place {
  readonly trial: FrozenTrial;
  readonly x: number;
}

/** Where each trial that ended stands: its number, or what it and those before it cost. */
function placesOf(trials: readonly FrozenTrial[], cost?: (trial: FrozenTrial) => number): readonly Place[] {
  let spent = 0;
  return trials.map((trial) => {
    if (cost) spent += cost(trial);
    return { trial, x: cost ? spent : trial.number };
  });
}

function bestLine(
  { name, direction }: StudyResults,
  places: readonly Place[],
  { color, single, format }: { readonly color: string; readonly single: boolean; readonly format: string },
): Plot {
  const better = direction === 'maximize' ? Math.max : Math.min;
  const best: number[] = [];
  const complete = places.filter(({ trial }) => trial.state === 'complete');
  for (const { trial } of complete)
    best.push(better(best.at(-1) ?? Number(trial.value), Number(trial.value)));
  const last = places.at(-1); // the line goes on to the end, though no better one came
  const end = last && best.length > 0 ? { x: [last.x], y: best.slice(-1) } : { x: [], y: [] };
  return {
    type: 'scatter',
    mode: 'lines',
    name: single ? 'best so far' : plotlyText(name),
    x: [...complete.map(({ x }) => x), ...end.x],
    y: [...best, ...end.y].map(short),
    line: { color, width: 2.5, shape: 'hv' },
    hovertemplate: `best so far: %{y:${format}}<extra>${plotlyText(name)}</extra>`,
  };
}

function short(value: number): number {
  return Number(value.toPrecision(6));
}
