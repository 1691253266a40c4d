import { classCounts, type ImageDataset } from '../data/dataset';
import { baseLayout, type Figure, gridColor, plotlyText } from './figure';

/** How many images of each class one split holds. */
export interface SplitCounts {
  /** Such as `train`. */
  readonly name: string;
  readonly classNames: readonly string[];
  /** [numClasses] */
  readonly counts: readonly number[];
}

/** One bar a class, how many images it has; with several splits one bar a class and split. */
export function classCountsFigure(
  splits: ImageDataset | readonly (SplitCounts | { readonly name: string; readonly dataset: ImageDataset })[],
  { title = 'Images of each class' }: { readonly title?: string } = {},
): Figure {
  const groups = isDataset(splits) ? [counted(splits.name, splits)] : splits.map(toCounts);
  const layout = baseLayout({ title });
  const names = groups[0]?.classNames ?? [];
  const longest = Math.max(0, ...names.map((name) => name.length));
  const slanted = names.length * longest > 110; // characters that fit side by side
  return {
    data: groups.map(({ name, classNames, counts }) => ({
      type: 'bar',
      name: plotlyText(name),
      x: classNames.map(plotlyText),
      y: [...counts],
      hovertemplate: `%{x}: %{y} images<extra>${plotlyText(name)}</extra>`,
    })),
    layout: {
      ...layout,
      barmode: 'group',
      bargap: 0.3,
      showlegend: groups.length > 1,
      legend: { orientation: 'h', x: 1, xanchor: 'right', y: 1, yanchor: 'bottom' },
      xaxis: { type: 'category', tickangle: slanted ? -40 : 0 },
      margin: { ...layout.margin, b: slanted ? 30 + 6 * longest : 50 },
      yaxis: {
        title: { text: 'images', standoff: 10 },
        gridcolor: gridColor,
        rangemode: 'tozero',
        tickformat: ',',
      },
    },
  };
}

// Array.isArray does not narrow a readonly array away.
function isDataset(splits: ImageDataset | readonly unknown[]): splits is ImageDataset {
  return !Array.isArray(splits);
}

function counted(name: string, dataset: ImageDataset): SplitCounts {
  return { name, classNames: dataset.classNames, counts: classCounts(dataset) };
}

function toCounts(
  split: SplitCounts | { readonly name: string; readonly dataset: ImageDataset },
): SplitCounts {
  return 'dataset' in split ? counted(split.name, split.dataset) : split;
}
