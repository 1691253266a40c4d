import type { Choice, Distribution, FrozenTrial } from '../tuning';
import { type Annotation, baseLayout, type Figure, gridColor, ink, plotlyText } from './figure';
import { describeTrial, type ObjectiveOptions, type StudyResults } from './optimization-history-figure';

/** From the worst sixth of the trials to the best, light to dark. */
const colors = ['#fee391', '#fec44f', '#fb9a29', '#d9691a', '#a63f08', '#5c2004'] as const;

/**
 * A line for each complete trial, through its value on the left and each of its parameters, the best sixth darkest. A line
 * breaks off where a trial has no such parameter; an axis of a parameter drawn with `log` is logarithmic. Plain lines, as
 * Plotly's own `parcoords` cannot be drawn without a graphics card.
 */
export function parallelCoordinatesFigure(
  { direction, trials }: StudyResults,
  { title = 'Settings and values', objective = 'value', format = '.3~r' }: ObjectiveOptions = {},
): Figure {
  const sign = direction === 'maximize' ? 1 : -1;
  const complete = trials
    .filter(({ state, value }) => state === 'complete' && Number.isFinite(value))
    .sort((a, b) => sign * (Number(a.value) - Number(b.value))); // the best ones are drawn last, above the others
  const axes = [valueAxis(complete, { objective, format }), ...parameterAxes(complete)];
  const layout = baseLayout({ title, height: 430 });
  return {
    data: complete.map((trial, rank) => ({
      type: 'scatter',
      mode: 'lines+markers',
      x: axes.map((_, i) => i),
      y: axes.map((axis) => axis.at(trial)),
      line: { color: colors[Math.floor((colors.length * rank) / complete.length)], width: 1.8 },
      marker: { color: colors[Math.floor((colors.length * rank) / complete.length)], size: 5 },
      opacity: 0.85,
      hovertemplate: `${describeTrial(trial)}<extra></extra>`,
    })),
    layout: {
      ...layout,
      margin: { ...layout.margin, l: 60, r: 80, b: 40, t: title ? 96 : 60 },
      xaxis: { visible: false, range: [-0.05, Math.max(1, axes.length - 1) + 0.05] },
      yaxis: { visible: false, range: [-0.03, 1.03] },
      shapes: axes.map((_, i) => {
        return {
          type: 'line',
          x0: i,
          x1: i,
          y0: 0,
          y1: 1,
          line: { color: gridColor, width: 2 },
          layer: 'below',
        };
      }),
      annotations: axes.flatMap(({ name, ticks }, i) => [axisTitle(name, i), ...ticks.map(tickAt(i))]),
    },
  };
}

/** A vertical axis from 0, at the bottom, to 1. */
interface Axis {
  readonly name: string;
  /** Where a trial crosses it; null where it does not. */
  readonly at: (trial: FrozenTrial) => number | null;
  readonly ticks: readonly { readonly text: string; readonly y: number }[];
}

function valueAxis(
  trials: readonly FrozenTrial[],
  { objective, format }: { readonly objective: string; readonly format: string },
): Axis {
  const values = trials.map(({ value }) => Number(value));
  const text = (value: number) => (format.endsWith('%') ? `${(100 * value).toFixed(1)} %` : shortText(value));
  const scale = rangeScale({ low: Math.min(...values), high: Math.max(...values), log: false });
  return { name: objective, at: ({ value }) => scale.at(Number(value)), ticks: scale.ticks(text) };
}

/** In the order in which they first occur. */
function parameterAxes(trials: readonly FrozenTrial[]): Axis[] {
  const distributions = new Map<string, Distribution>();
  for (const trial of [...trials].sort((a, b) => a.number - b.number)) {
    for (const [name, distribution] of Object.entries(trial.distributions)) {
      if (!distributions.has(name)) distributions.set(name, distribution);
    }
  }
  return [...distributions].map(([name, distribution]): Axis => {
    const has = ({ params }: FrozenTrial): boolean => name in params;
    if (distribution.kind === 'categorical') {
      const { choices } = distribution;
      const place = (choice: Choice) => (choices.indexOf(choice) + 0.5) / choices.length;
      const ticks = choices.map((choice) => ({ text: String(choice), y: place(choice) }));
      return { name, at: (trial) => (has(trial) ? place(trial.params[name]) : null), ticks };
    }
    // ranges of later trials may be others
    const values = trials.filter(has).map(({ params }) => Number(params[name]));
    const { low, high, log } = distribution;
    const scale = rangeScale({ low: Math.min(low, ...values), high: Math.max(high, ...values), log });
    return {
      name,
      at: (trial) => (has(trial) ? scale.at(Number(trial.params[name])) : null),
      ticks: scale.ticks(shortText),
    };
  });
}

interface Scale {
  readonly at: (value: number) => number;
  readonly ticks: (text: (value: number) => string) => Axis['ticks'];
}

function rangeScale({
  low,
  high,
  log,
}: {
  readonly low: number;
  readonly high: number;
  readonly log: boolean;
}): Scale {
  const [from, to] = log ? [Math.log(low), Math.log(high)] : [low, high];
  const at = (value: number) => (to > from ? ((log ? Math.log(value) : value) - from) / (to - from) : 0.5);
  const places = to > from ? [0, 0.25, 0.5, 0.75, 1] : [0.5];
  const valueAt = (y: number) => (log ? Math.exp(from + y * (to - from)) : from + y * (to - from));
  return { at, ticks: (text) => places.map((y) => ({ text: text(valueAt(y)), y })) };
}

function axisTitle(name: string, x: number): Annotation {
  return { ...plain, text: `<b>${plotlyText(name)}</b>`, x, y: 1, yanchor: 'bottom', yshift: 14 };
}

function tickAt(x: number): (tick: Axis['ticks'][number]) => Annotation {
  return ({ text, y }) => ({
    ...plain,
    text: plotlyText(text),
    x,
    y,
    xanchor: 'left',
    xshift: 5,
    bgcolor: 'rgba(255, 255, 255, 0.75)',
    borderpad: 1,
  });
}

const plain = { xref: 'x', yref: 'y', showarrow: false, font: { size: 12, color: ink } } as const;

function shortText(value: number): string {
  return String(Number(value.toPrecision(2)));
}
