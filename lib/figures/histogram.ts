import type { Plot } from 'nodeplotlib';
import {
  type Annotation,
  baseLayout,
  type Figure,
  gridColor,
  palette,
  panelTitle,
  plotlyText,
} from './figure';

export interface HistogramOptions {
  /** Interleaved channels, `values[i * channels + c]`; default 3. */
  readonly channels?: number;
  /** Default 64: four of the 256 levels of a byte to each. */
  readonly bins?: number;
  readonly title?: string;
}

/**
 * The distribution of pixel values, one panel for each named set of values and one line a channel:
 * `histogramFigure({ before: batch.pixels, after: await xs.data() })`. The values are counted here, so the figure
 * stays small whatever their number.
 */
export function histogramFigure(
  sets: Readonly<Record<string, ArrayLike<number>>>,
  { channels = 3, bins = 64, title = 'Pixel values' }: HistogramOptions = {},
): Figure {
  const panels = Object.entries(sets);
  const space = 0.07;
  const share = (1 - space * (panels.length - 1)) / panels.length;
  const names =
    channels === 3 ? ['red', 'green', 'blue'] : Array.from({ length: channels }, (_, c) => `channel ${c}`);
  const colors = channels === 3 ? [palette[1], palette[2], palette[0]] : palette;
  const data: Plot[] = [];
  const axes: Record<string, unknown> = {};
  const annotations: Annotation[] = [];

  panels.forEach(([name, values], panel) => {
    const ends: number[] = [];
    const id = panel === 0 ? '' : String(panel + 1);
    for (let c = 0; c < channels; c++) {
      const { centres, shares } = count(values, { channel: c, channels, bins });
      ends.push(centres[0], centres[bins - 1]);
      data.push({
        type: 'scatter',
        mode: 'lines',
        name: channels === 1 ? 'grey' : names[c],
        legendgroup: names[c],
        showlegend: panel === 0 && channels > 1,
        x: centres,
        y: shares,
        line: { shape: 'hvh', width: 2, color: colors[c % colors.length], dash: dashes[c % dashes.length] },
        xaxis: `x${id}`,
        yaxis: `y${id}`,
        hovertemplate: `%{y:.2f} % of the values near %{x:.3~g}<extra>${names[c]}</extra>`,
      });
    }
    const [low, high] = [Math.min(...ends), Math.max(...ends)];
    const start = panel * (share + space);
    axes[`xaxis${id}`] = {
      domain: [start, start + share],
      range: [low - 0.03 * (high - low), high + 0.03 * (high - low)],
      title: { text: 'value', standoff: 8 },
      gridcolor: gridColor,
      zeroline: false,
    };
    axes[`yaxis${id}`] = {
      anchor: `x${id}`,
      gridcolor: gridColor,
      rangemode: 'tozero',
      title: panel === 0 ? { text: 'share of the values, %', standoff: 8 } : undefined,
    };
    const { mean, std } = moments(values);
    annotations.push(
      panelTitle(
        `<b>${plotlyText(name)}</b>   mean ${readable(mean)}, std ${readable(std)}`,
        start + share / 2,
      ),
    );
  });
  const layout = baseLayout({ title, height: 380 });
  return {
    data,
    layout: {
      ...layout,
      margin: { ...layout.margin, t: 86, b: 90 },
      showlegend: channels > 1,
      legend: { orientation: 'h', x: 0.5, xanchor: 'center', y: -0.28, yanchor: 'top' },
      annotations,
      ...axes,
    },
  };
}

const dashes = ['solid', 'dash', 'dot'] as const;

function count(
  values: ArrayLike<number>,
  { channel, channels, bins }: { readonly channel: number; readonly channels: number; readonly bins: number },
): { centres: number[]; shares: number[] } {
  let low = 0;
  let high = 255;
  if (!(values instanceof Uint8Array)) {
    low = Number.POSITIVE_INFINITY;
    high = Number.NEGATIVE_INFINITY;
    for (let i = channel; i < values.length; i += channels) {
      low = Math.min(low, values[i]);
      high = Math.max(high, values[i]);
    }
  }
  if (!(high > low)) high = low + 1;
  // Normalized bytes still have only 256 levels: half a level of margin gives each bin the same number of them, where
  // other edges would draw a comb that is not in the data.
  const level = (high - low) / 255;
  const start = low - level / 2;
  const width = (high - low + level) / bins;
  const counts = new Array<number>(bins).fill(0);
  let total = 0;
  for (let i = channel; i < values.length; i += channels) {
    const bin = Math.floor((values[i] - start) / width);
    if (bin >= 0 && bin < bins) counts[bin]++;
    total++;
  }
  return {
    centres: counts.map((_, bin) => rounded(start + (bin + 0.5) * width)),
    shares: counts.map((n) => rounded(total ? (100 * n) / total : 0)),
  };
}

function moments(values: ArrayLike<number>): { mean: number; std: number } {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  const mean = sum / values.length;
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += (values[i] - mean) ** 2;
  return { mean, std: Math.sqrt(squares / values.length) };
}

function rounded(value: number): number {
  return Number(value.toPrecision(5));
}

function readable(value: number): string {
  return Math.abs(value) >= 10 ? value.toFixed(1) : (value + 0).toFixed(2).replace(/^-(0\.00)$/, '$1');
}
