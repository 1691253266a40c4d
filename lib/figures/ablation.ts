import type { Layout, Plot } from 'nodeplotlib';
import type { Ablation, AblationRun, AblationVariant } from '../runs/ablation';
import { baseLayout, type Figure, gridColor, palette, plotlyText } from './figure';

/** What the figure and the table need of an ablation. */
export type AblationResults = Pick<Ablation, 'variants'>;

/**
 * Training and validation accuracy of every variant, in the order in which parts were added: the line is the mean over
 * the seeds, training dashed with circles, validation solid with squares; the small points are the single seeds.
 */
export function ablationFigure(
  { variants }: AblationResults,
  { title = 'One part more at a time' }: { readonly title?: string } = {},
): Figure {
  const base = baseLayout({ title, height: 450 });
  return {
    data: parts.flatMap((part) => [
      {
        type: 'scatter',
        mode: 'lines+markers',
        name: `${part.name}, mean`,
        legendgroup: part.name,
        x: variants.map((_, i) => i + part.shift),
        y: variants.map(({ runs }) => short(mean(runs.map(part.of)))),
        text: variants.map(({ name }) => plotlyText(name)),
        line: { color: part.color, width: 2.5, dash: part.dash },
        marker: { color: part.color, size: 9, symbol: part.symbol },
        hovertemplate: `%{text}: mean %{y:.1%}<extra>${part.name}</extra>`,
      },
      seedPoints(variants, part),
    ]),
    layout: {
      ...base,
      margin: { ...base.margin, b: 112 },
      showlegend: true,
      legend: { orientation: 'h', x: 0.5, xanchor: 'center', y: -0.25, yanchor: 'top' },
      xaxis: variantAxis(variants),
      yaxis: {
        title: { text: 'accuracy (share of images)', standoff: 8 },
        tickformat: '.0%',
        gridcolor: gridColor,
        zeroline: false,
      },
    },
  };
}

/** One row of `ablationRows`; accuracies in percent. */
export type AblationRow = {
  readonly variant: string;
  readonly 'validation, mean': number;
  readonly lowest: number;
  readonly highest: number;
  /** Validation mean above that of the row before, in percentage points; NaN in the first row. */
  readonly gain: number;
  readonly 'training, mean': number;
  /** Training mean above validation mean, in percentage points. */
  readonly gap: number;
  /** Number of seeds. */
  readonly n: number;
};

/** What the figure shows as numbers, one row a variant: `showTable(ablationRows(ablation), { precision: 1 })`. */
export function ablationRows({ variants }: AblationResults): AblationRow[] {
  const means = variants.map(({ runs }) => mean(runs.map(validationOf)));
  return variants.map(({ name, runs }, i) => {
    const validation = runs.map(validationOf);
    const training = mean(runs.map(trainingOf));
    return {
      variant: name,
      'validation, mean': 100 * means[i],
      lowest: 100 * Math.min(...validation),
      highest: 100 * Math.max(...validation),
      gain: i === 0 ? Number.NaN : 100 * (means[i] - means[i - 1]),
      'training, mean': 100 * training,
      gap: 100 * (training - means[i]),
      n: runs.length,
    };
  });
}

interface Part {
  readonly name: string;
  readonly of: (run: AblationRun) => number;
  readonly color: string;
  readonly dash: 'dash' | 'solid';
  readonly symbol: 'circle' | 'square';
  /** To the side of the variant's place, so that one does not cover the other. */
  readonly shift: number;
}

const trainingOf = ({ accuracy }: AblationRun) => accuracy;
const validationOf = ({ validationAccuracy }: AblationRun) => validationAccuracy;

const parts: readonly Part[] = [
  { name: 'train', of: trainingOf, color: palette[0], dash: 'dash', symbol: 'circle', shift: -0.08 },
  { name: 'validation', of: validationOf, color: palette[1], dash: 'solid', symbol: 'square', shift: 0.08 },
];

/** A small point for every run. */
function seedPoints(variants: readonly AblationVariant[], { name, of, color, symbol, shift }: Part): Plot {
  const points = variants.flatMap(({ name, runs }, i) =>
    runs.map((run) => ({ name, run, x: i + 2 * shift })),
  );
  return {
    type: 'scatter',
    mode: 'markers',
    name: `${name}, single seeds`,
    legendgroup: name,
    x: points.map(({ x }) => x),
    y: points.map(({ run }) => short(of(run))),
    text: points.map(({ name, run }) => plotlyText(`${name}, seed ${run.seed}`)),
    marker: { color, size: 5, symbol, opacity: 0.6 },
    hovertemplate: `%{text}: %{y:.1%}<extra>${name}</extra>`,
  };
}

/** The variants' names below their places, those that add something in two lines. */
function variantAxis(variants: readonly AblationVariant[]): Layout['xaxis'] {
  return {
    tickvals: variants.map((_, i) => i),
    ticktext: variants.map(({ name }) => plotlyText(name).replace(/(?<=\w) /g, '<br>')),
    range: [-0.5, variants.length - 0.5],
    gridcolor: gridColor,
    zeroline: false,
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function short(value: number): number {
  return Number(value.toPrecision(6));
}
