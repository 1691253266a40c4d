import type { CorruptionName } from '../evaluation/corruptions';
import type { CorruptedAccuracy, Robustness } from '../evaluation/robustness';
import { baseLayout, type Figure, gridColor, palette } from './figure';

/** Accuracy against severity, a line for each corruption from the clean images on, with 95 % intervals. */
export function robustnessFigure(
  { clean, corrupted }: Robustness,
  { title = 'Accuracy on corrupted images' }: { readonly title?: string } = {},
): Figure {
  const names = [...new Set(corrupted.map(({ corruption }) => corruption))];
  const highest = Math.max(1, ...corrupted.map(({ severity }) => severity));
  return {
    data: names.map((name, i) => {
      const own = corrupted.filter(({ corruption }) => corruption === name);
      const points = [{ severity: 0, text: 'clean', ...clean }, ...own.map(withText)];
      const color = palette[i % palette.length];
      // Side by side where they would hide each other; the axis ticks say which severity is meant.
      const aside = 0.04 * (i - (names.length - 1) / 2);
      return {
        type: 'scatter',
        mode: 'lines+markers',
        name: spoken[name],
        x: points.map(({ severity }) => short(severity + (severity === 0 ? 0 : aside))),
        y: points.map(({ accuracy }) => short(accuracy)),
        error_y: {
          type: 'data',
          symmetric: false,
          array: points.map(({ high, accuracy }) => short(high - accuracy)),
          arrayminus: points.map(({ low, accuracy }) => short(accuracy - low)),
          color,
          thickness: 1.2,
          width: 3,
        },
        line: { color, width: 2.5 },
        marker: { color, size: 8, symbol: symbols[i % symbols.length] },
        text: points.map(
          ({ text, accuracy, low, high, count }) =>
            `${text}: ${percent(accuracy)} (${percent(low)} to ${percent(high)}) of ${count} images`,
        ),
        hovertemplate: `%{text}<extra>${spoken[name]}</extra>`,
      };
    }),
    layout: {
      ...baseLayout({ title, height: 460 }),
      showlegend: true,
      legend: { x: 1.02, xanchor: 'left', y: 1 },
      xaxis: {
        title: { text: 'severity (0: the images as they are)', standoff: 8 },
        dtick: 1,
        range: [-0.2, highest + 0.3],
        gridcolor: gridColor,
        zeroline: false,
      },
      yaxis: { title: { text: 'accuracy' }, tickformat: '.0%', gridcolor: gridColor, rangemode: 'tozero' },
    },
  };
}

function withText(point: CorruptedAccuracy): CorruptedAccuracy & { readonly text: string } {
  return { ...point, text: `severity ${point.severity}, ${point.amount} ${point.unit}` };
}

const spoken: Readonly<Record<CorruptionName, string>> = {
  shift: 'shifted',
  noise: 'noisy',
  blur: 'blurred',
  brighter: 'brighter',
  darker: 'darker',
};

const symbols = ['circle', 'square', 'diamond', 'triangle-up', 'triangle-down'] as const;

function percent(share: number): string {
  return `${(100 * share).toFixed(1)}%`;
}

function short(value: number): number {
  return Number(value.toPrecision(5));
}
