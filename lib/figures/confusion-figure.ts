import type { Plot } from 'nodeplotlib';
import { type ConfusionMatrix, normalizeConfusion } from '../evaluation/confusion';
import { baseLayout, chartWidth, type Figure, ink, palette, plotlyText } from './figure';

export interface ConfusionFigureOptions {
  /** [numClasses] */
  readonly classNames: readonly string[];
  readonly title?: string;
}

/**
 * A confusion matrix as a heat map: a row for each true class, a column for each predicted one, the darker the larger the
 * share of the row. Right answers have a frame and bold numbers, so that no colour need be told from another. Up to 12
 * classes count and percent stand in the cells; pointing at a cell tells them for any number.
 */
export function confusionFigure(
  matrix: ConfusionMatrix,
  { classNames, title = 'Confusion matrix' }: ConfusionFigureOptions,
): Figure {
  const shares = normalizeConfusion(matrix, 'true');
  const names = classNames.map(plotlyText);
  const places = names.map((_, c) => c);
  const longest = Math.max(0, ...classNames.map((name) => name.length));
  const side = 600;
  const margin = { l: 60 + 7.5 * longest, r: 110, t: title ? 60 : 30, b: 60 + 5.5 * longest };
  const axis = {
    tickvals: places,
    ticktext: names,
    showgrid: false,
    zeroline: false,
    ticks: '',
  } as const;
  return {
    data: [heatmap({ matrix, shares, names }), ...(matrix.length <= 12 ? cellTexts(matrix, shares) : [])],
    layout: {
      ...baseLayout({
        title,
        width: Math.min(chartWidth, side + margin.l + margin.r),
        height: side + margin.t + margin.b,
      }),
      margin,
      xaxis: {
        ...axis,
        title: { text: 'predicted', standoff: 8 },
        range: [-0.5, matrix.length - 0.5],
        tickangle: longest * matrix.length > 70 ? -40 : 0, // letters that fit side by side
      },
      yaxis: { ...axis, title: { text: 'true', standoff: 8 }, range: [matrix.length - 0.5, -0.5] },
      shapes: places.map((c) => ({
        type: 'rect',
        x0: c - 0.5,
        x1: c + 0.5,
        y0: c - 0.5,
        y1: c + 0.5,
        line: { color: palette[1], width: matrix.length <= 20 ? 2.5 : 1 },
      })),
    },
  };
}

type Shares = readonly (readonly number[])[];

function heatmap({
  matrix,
  shares,
  names,
}: {
  readonly matrix: ConfusionMatrix;
  readonly shares: Shares;
  readonly names: readonly string[];
}): Plot {
  return {
    type: 'heatmap',
    z: shares.map((row) => row.map(short)),
    zmin: 0,
    zmax: 1,
    xgap: 1,
    ygap: 1,
    colorscale: colorScale,
    colorbar: { ...titled('share of<br>the true<br>class'), tickformat: '.0%', thickness: 14 },
    customdata: matrix.map((row, label) =>
      row.map(
        (count, prediction) =>
          `true: ${names[label]}<br>predicted: ${names[prediction]}<br>` +
          `${count} images, ${percent(shares[label][prediction])} of the true class`,
      ),
    ),
    hovertemplate: '%{customdata}<extra></extra>',
  };
}

/** The numbers in the cells: mistakes plain, right answers bold. Empty cells stay empty. */
function cellTexts(matrix: ConfusionMatrix, shares: Shares): Plot[] {
  const cells = matrix.flatMap((row, y) => row.map((count, x) => ({ x, y, count, share: shares[y][x] })));
  const texts = (of: typeof cells, text: (count: number, share: string) => string): Plot => ({
    type: 'scatter',
    mode: 'text',
    x: of.map(({ x }) => x),
    y: of.map(({ y }) => y),
    text: of.map(({ count, share }) => text(count, percent(share))),
    textfont: { size: 11, color: of.map(({ share }) => (share > whiteFrom ? 'white' : ink)) },
    hoverinfo: 'skip',
  });
  const filled = cells.filter(({ count }) => count > 0);
  return [
    texts(
      filled.filter(({ x, y }) => x !== y),
      (count, share) => `${count}<br>${share}`,
    ),
    texts(
      filled.filter(({ x, y }) => x === y),
      (count, share) => `<b>${count}<br>${share}</b>`,
    ),
  ];
}

/** White to dark blue, by the square root of the share: 4% is told from 1%, where mistakes lie. */
const colorScale = Array.from({ length: 11 }, (_, i): [number, string] => {
  const depth = i / 10;
  const [red, green, blue] = [0, 57, 92].map((end) => Math.round(255 + depth * (end - 255)));
  return [depth ** 2, `rgb(${red},${green},${blue})`];
});

/** The share from which white is read better than black on that blue. */
const whiteFrom = 0.45;

/** A title as plotly.js takes it now; nodeplotlib's types still want a string. */
function titled(text: string): object {
  return { title: { text } };
}

function percent(share: number): string {
  return `${(100 * share).toFixed(share < 0.0995 ? 1 : 0)}%`;
}

function short(value: number): number {
  return Number(value.toPrecision(5));
}
