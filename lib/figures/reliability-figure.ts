import { expectedCalibrationError, type ReliabilityBin } from '../evaluation/calibration';
import { baseLayout, type Figure, gridColor, ink, palette } from './figure';

/**
 * Accuracy against confidence, a bar for each bin that has images, and below how many images each has. Bars below the
 * dashed line are surer than they are right, bars above it less sure; the circles are the bins' mean confidence.
 */
export function reliabilityFigure(
  bins: readonly ReliabilityBin[],
  { title = 'Reliability' }: { readonly title?: string } = {},
): Figure {
  const filled = bins.filter(({ count }) => count > 0);
  const centres = filled.map(({ lower, upper }) => short((lower + upper) / 2));
  const widths = filled.map(({ lower, upper }) => short(0.94 * (upper - lower)));
  const about = filled.map(
    ({ lower, upper, count, accuracy, confidence }) =>
      `confidence ${percent(lower)} to ${percent(upper)}: ${count} images<br>` +
      `accuracy ${percent(accuracy)}, mean confidence ${percent(confidence)}`,
  );
  const error =
    filled.length > 0 ? `, expected calibration error ${percent(expectedCalibrationError(bins))}` : '';
  const base = baseLayout({ title: `${title}${error}`, width: 620, height: 640 });
  const bar = { type: 'bar', x: centres, width: widths, text: about, textposition: 'none' } as const;
  return {
    data: [
      {
        ...bar,
        name: 'accuracy',
        y: filled.map(({ accuracy }) => short(accuracy)),
        marker: { color: palette[0] },
        hovertemplate: '%{text}<extra></extra>',
      },
      {
        type: 'scatter',
        mode: 'lines',
        name: 'accuracy = confidence',
        x: [0, 1],
        y: [0, 1],
        line: { color: ink, width: 2, dash: 'dash' },
        hoverinfo: 'skip',
      },
      {
        type: 'scatter',
        mode: 'markers',
        name: 'mean confidence',
        x: centres,
        y: filled.map(({ confidence }) => short(confidence)),
        marker: { color: palette[1], size: 8, symbol: 'circle-open', line: { width: 2 } },
        text: about,
        hovertemplate: '%{text}<extra></extra>',
      },
      {
        ...bar,
        name: 'images',
        showlegend: false,
        y: filled.map(({ count }) => count),
        yaxis: 'y2',
        marker: { color: '#767676' },
        hovertemplate: '%{text}<extra></extra>',
      },
    ],
    layout: {
      ...base,
      margin: { ...base.margin, t: 96 },
      barmode: 'overlay',
      showlegend: true,
      legend: { orientation: 'h', x: 0.5, xanchor: 'center', y: 1.01, yanchor: 'bottom' },
      xaxis: {
        title: { text: 'confidence: the largest probability', standoff: 8 },
        range: [0, 1],
        tickformat: '.0%',
        gridcolor: gridColor,
        zeroline: false,
        anchor: 'y2',
        ticks: 'outside',
        tickcolor: 'white', // room below the 0 of the images
      },
      yaxis: {
        title: { text: 'accuracy' },
        range: [0, 1],
        tickformat: '.0%',
        gridcolor: gridColor,
        zeroline: false,
        domain: [0.28, 1],
      },
      yaxis2: {
        title: { text: 'images' },
        gridcolor: gridColor,
        tickformat: ',',
        nticks: 4,
        domain: [0, 0.22],
      },
    },
  };
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)}%`;
}

function short(value: number): number {
  return Number(value.toPrecision(5));
}
