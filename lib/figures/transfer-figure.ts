import type { Plot } from 'nodeplotlib';
import {
  summarizeTransfer,
  type TransferMethod,
  type TransferResult,
  type TransferRun,
  transferMethods,
} from '../transfer/result';
import { baseLayout, type Figure, gridColor, palette } from './figure';

/** What the figure and the table need of a transfer experiment. */
export type TransferRuns = Pick<TransferResult, 'runs'>;

/**
 * Test accuracy against training images of each class, on a logarithmic axis: a line through the means over the seeds for
 * each way to train; the small points beside it are the single seeds.
 */
export function transferFigure(
  { runs }: TransferRuns,
  { title = 'Learning from few images' }: { readonly title?: string } = {},
): Figure {
  const sizes = [...new Set(runs.map(({ perClass }) => perClass))].sort((a, b) => a - b);
  const ends = [sizes[0], sizes[sizes.length - 1]].map(Math.log10);
  return {
    data: transferMethods
      .filter((method) => runs.some((run) => run.method === method))
      .flatMap((method) => [meanLine(runs, method), seedPoints(runs, method)]),
    layout: {
      ...baseLayout({ title, height: 450 }),
      showlegend: true,
      legend: { x: 1.02, xanchor: 'left', y: 1 },
      xaxis: {
        title: { text: 'training images of each class', standoff: 8 },
        type: 'log',
        tickvals: sizes,
        ticktext: sizes.map(String),
        range: [ends[0] - 0.08, ends[1] + 0.08],
        gridcolor: gridColor,
        zeroline: false,
      },
      yaxis: {
        title: { text: 'test accuracy', standoff: 8 },
        tickformat: '.0%',
        gridcolor: gridColor,
        zeroline: false,
      },
    },
  };
}

/** One row of `transferRows`; accuracies in percent. */
export type TransferRow = {
  readonly 'images of each class': number;
  readonly method: TransferMethod;
  readonly 'test accuracy, mean': number;
  readonly lowest: number;
  readonly highest: number;
  /** Of training, median over the seeds. */
  readonly seconds: number;
  /** Number of seeds. */
  readonly n: number;
};

/** What the figure shows as numbers, by size and method: `showTable(transferRows(result), { precision: 1 })`. */
export function transferRows(result: TransferRuns): TransferRow[] {
  return summarizeTransfer(result).map(({ method, perClass, mean, lowest, highest, seconds, n }) => ({
    'images of each class': perClass,
    method,
    'test accuracy, mean': 100 * mean,
    lowest: 100 * lowest,
    highest: 100 * highest,
    seconds,
    n,
  }));
}

interface Look {
  readonly color: string;
  readonly symbol: 'circle' | 'square' | 'diamond';
  /** The single seeds stand at that many times the size, so that they do not hide the mean or each other. */
  readonly aside: number;
}

const looks: Readonly<Record<TransferMethod, Look>> = {
  frozen: { color: palette[0], symbol: 'circle', aside: 0.95 },
  'fine-tuned': { color: palette[2], symbol: 'square', aside: 1.05 },
  'from scratch': { color: palette[1], symbol: 'diamond', aside: 1.1 },
};

function meanLine(runs: readonly TransferRun[], method: TransferMethod): Plot {
  const { color, symbol } = looks[method];
  const points = summarizeTransfer({ runs }).filter((each) => each.method === method);
  return {
    type: 'scatter',
    mode: 'lines+markers',
    name: method,
    legendgroup: method,
    x: points.map(({ perClass }) => perClass),
    y: points.map(({ mean }) => short(mean)),
    text: points.map(({ perClass, n }) => `${perClass} of each class, mean of ${n}`),
    line: { color, width: 2.5 },
    marker: { color, size: 9, symbol },
    hovertemplate: `%{text}: %{y:.1%}<extra>${method}</extra>`,
  };
}

function seedPoints(runs: readonly TransferRun[], method: TransferMethod): Plot {
  const { color, symbol, aside } = looks[method];
  const points = runs.filter((run) => run.method === method);
  return {
    type: 'scatter',
    mode: 'markers',
    name: `${method}, single seeds`,
    legendgroup: method,
    x: points.map(({ perClass }) => short(perClass * aside)),
    y: points.map(({ testAccuracy }) => short(testAccuracy)),
    text: points.map(({ perClass, seed }) => `${perClass} of each class, seed ${seed}`),
    marker: { color, size: 5, symbol, opacity: 0.6 },
    hovertemplate: `%{text}: %{y:.1%}<extra>${method}</extra>`,
  };
}

function short(value: number): number {
  return Number(value.toPrecision(5));
}
