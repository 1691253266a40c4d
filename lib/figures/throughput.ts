import type { Layout } from 'nodeplotlib';
import {
  baseLayout,
  chartWidth,
  type Figure,
  gridColor,
  ink,
  palette,
  panelTitle,
  plotlyText,
} from './figure';

/** How fast one contender is: the median of some rounds, and the slowest and the fastest of them. */
export interface Throughput {
  readonly name: string;
  readonly imagesPerSecond: { readonly median: number; readonly min: number; readonly max: number };
}

export interface ThroughputFigureOptions {
  readonly title?: string;
  /** `log`, where each line of the grid is ten times the last, for contenders that lie far apart; default `linear`. */
  readonly scale?: 'linear' | 'log';
}

/** Images a second, a bar for each contender from top to bottom: the bar is the median, the whisker slowest to fastest. */
export function throughputFigure(
  contenders: readonly Throughput[],
  { title = 'Images a second', scale = 'linear' }: ThroughputFigureOptions = {},
): Figure {
  const rates = contenders.map(({ imagesPerSecond }) => imagesPerSecond);
  const longest = Math.max(0, ...contenders.map(({ name }) => name.length));
  const layout = baseLayout({ title, height: 130 + 36 * contenders.length });
  return {
    data: [
      {
        type: 'bar',
        orientation: 'h',
        x: rates.map(({ median }) => short(median)),
        y: contenders.map(({ name }) => plotlyText(name)),
        error_x: {
          type: 'data',
          symmetric: false,
          array: rates.map(({ median, max }) => short(max - median)),
          arrayminus: rates.map(({ median, min }) => short(median - min)),
          color: ink,
          thickness: 1.5,
          width: 4,
        },
        marker: { color: palette[0] },
        hovertemplate: '%{y}: %{x:,.4~r} images/s<extra></extra>',
      },
    ],
    layout: {
      ...layout,
      // A letter of size 14 is about 7.5 wide; the longest name takes at most half of the width.
      margin: { ...layout.margin, l: Math.min(26 + 7.5 * longest, chartWidth / 2) },
      bargap: 0.35,
      xaxis: {
        title: { text: scale === 'log' ? 'images/s, logarithmic' : 'images/s', standoff: 8 },
        gridcolor: gridColor,
        ...(scale === 'log' ? logAxis(rates) : { rangemode: 'tozero', tickformat: ',' }),
      },
      yaxis: { type: 'category', autorange: 'reversed', ticks: 'outside', ticklen: 6, tickcolor: 'white' },
    },
  };
}

/** What a step takes at one batch size. */
export interface SweepPoint {
  readonly batchSize: number;
  /** Of a step. */
  readonly medianMs: number;
  readonly minMs: number;
  readonly maxMs: number;
}

/** Throughput (left) and latency (right) against the batch size: images a second, and milliseconds until a step is done. */
export function batchSweepFigure(
  points: readonly SweepPoint[],
  { title = 'Batch size' }: { readonly title?: string } = {},
): Figure {
  const sizes = points.map(({ batchSize }) => batchSize);
  const panels = [
    {
      heading: 'throughput, images/s',
      of: ({ batchSize }: SweepPoint, ms: number) => (1000 * batchSize) / ms,
      unit: 'images/s',
    },
    { heading: 'latency, ms a step', of: (_: SweepPoint, ms: number) => ms, unit: 'ms' },
  ];
  const base = baseLayout({ title, height: 390 });
  const xaxis = {
    type: 'log',
    title: { text: 'batch size, logarithmic', standoff: 8 },
    tickvals: sizes,
    ticktext: sizes.map(String),
    gridcolor: gridColor,
    zeroline: false,
  } as const;
  const yaxis = { gridcolor: gridColor, rangemode: 'tozero', tickformat: ',' } as const;
  return {
    data: panels.map(({ of, unit }, panel) => {
      const medians = points.map((point) => of(point, point.medianMs));
      const ends = points.map((point) => [of(point, point.minMs), of(point, point.maxMs)]);
      return {
        type: 'scatter',
        mode: 'lines+markers',
        x: sizes,
        y: medians.map(short),
        error_y: {
          type: 'data',
          symmetric: false,
          array: ends.map((pair, i) => short(Math.max(...pair) - medians[i])),
          arrayminus: ends.map((pair, i) => short(medians[i] - Math.min(...pair))),
          thickness: 1.5,
          width: 4,
        },
        line: { color: palette[panel], width: 2.5 },
        marker: { color: palette[panel], size: 7, symbol: panel === 0 ? 'circle' : 'square' },
        xaxis: panel === 0 ? 'x' : 'x2',
        yaxis: panel === 0 ? 'y' : 'y2',
        hovertemplate: `batch of %{x}: %{y:,.4~r} ${unit}<extra></extra>`,
      };
    }),
    layout: {
      ...base,
      margin: { ...base.margin, t: 86 },
      xaxis: { ...xaxis, domain: [0, 0.45] },
      yaxis,
      xaxis2: { ...xaxis, domain: [0.55, 1] },
      yaxis2: { ...yaxis, anchor: 'x2' },
      annotations: panels.map(({ heading }, panel) => panelTitle(heading, panel === 0 ? 0.225 : 0.775)),
    },
  };
}

/** From a power of ten below the slowest, so that every bar has a length, to a little above the fastest. */
function logAxis(rates: readonly { readonly min: number; readonly max: number }[]): Layout['xaxis'] {
  const low = Math.floor(Math.log10(Math.min(...rates.map(({ min }) => min))) - 0.3);
  const high = Math.log10(Math.max(...rates.map(({ max }) => max))) + 0.15;
  return { type: 'log', range: [low, high], dtick: 1, tickformat: ',' };
}

function short(value: number): number {
  return Number(value.toPrecision(5));
}
