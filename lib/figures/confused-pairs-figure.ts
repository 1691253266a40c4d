import { type ImageDataset, imageAt } from '../data/dataset';
import type { ConfusedPairExamples } from '../evaluation/streaming';
import { chartWidth, type Figure, ink } from './figure';
import { type GridImage, imageGridFigure } from './image-grid';

/**
 * The most confused pairs of classes, a row each: which class was taken for which and how often, and the images on which
 * the model was surest, with the probability it gave the wrong class.
 */
export function confusedPairsFigure(
  dataset: ImageDataset,
  pairs: readonly ConfusedPairExamples[],
  { title = 'Most confused pairs', scale }: { readonly title?: string; readonly scale?: number } = {},
): Figure {
  const { height, width, channels, classNames } = dataset;
  const columns = Math.max(1, ...pairs.map(({ examples }) => examples.length));
  const blank: GridImage = {
    pixels: new Uint8Array(height * width * channels).fill(255),
    ...{ height, width, channels },
  };
  const rowTitles = pairs.map(
    ({ label, prediction, count }) => `${classNames[label]} → ${classNames[prediction]}: ${count}`,
  );
  const left = 40 + 8 * Math.max(0, ...rowTitles.map((text) => text.length));
  const images = pairs.flatMap(({ examples }) => [
    ...examples.map(
      ({ index, probability }): GridImage => ({
        pixels: imageAt(dataset, index),
        ...{ height, width, channels },
        title: `${Math.round(100 * probability)} %`,
        titleColor: ink,
      }),
    ),
    ...new Array<GridImage>(columns - examples.length).fill(blank),
  ]);
  return imageGridFigure(images, {
    columns,
    scale: scale ?? Math.max(1, Math.min(2, Math.floor(((chartWidth - left) / columns - 8) / width))),
    title,
    rowTitles,
  });
}
