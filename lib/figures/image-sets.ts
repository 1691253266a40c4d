import { type ImageBatch, type ImageDataset, imageAt } from '../data/dataset';
import { createRandom } from '../random';
import { chartWidth, type Figure, ink, rightColor, wrongColor } from './figure';
import { type GridImage, imageGridFigure } from './image-grid';

export interface SampleGridOptions {
  /** Images in a row; default 10. */
  readonly columns?: number;
  /** This many images of any class, each under its class name, instead of one row a class. */
  readonly count?: number;
  /** Which images are drawn; default 0. */
  readonly seed?: number | string;
  readonly scale?: number;
  readonly title?: string;
}

/** Images drawn at random from a dataset: one row a class, or with `count` in any order. */
export function sampleGridFigure(
  dataset: ImageDataset,
  { columns = 10, count, seed = 0, scale, title = `${dataset.name}: random images` }: SampleGridOptions = {},
): Figure {
  const order = createRandom(seed).permutation(dataset.count);
  if (count !== undefined) {
    const images = Array.from(order.subarray(0, count), (index) => ({
      ...gridImage(dataset, index),
      title: dataset.classNames[dataset.labels[index]],
    }));
    return imageGridFigure(images, { columns, scale, title });
  }
  const rows = dataset.classNames.map((_, label) =>
    Array.from(order)
      .filter((index) => dataset.labels[index] === label)
      .slice(0, columns),
  );
  const images = rows.flatMap((row) =>
    padded(
      row.map((index) => gridImage(dataset, index)),
      columns,
      dataset,
    ),
  );
  return imageGridFigure(images, { columns, scale, title, rowTitles: dataset.classNames });
}

/** Originals in the first column, and beside each what every named augmentation made of it. */
export function augmentationGridFigure(
  original: ImageBatch,
  variants: readonly { readonly name: string; readonly images: ImageBatch }[],
  { scale, title }: { readonly scale?: number; readonly title?: string } = {},
): Figure {
  for (const { name, images } of variants) {
    if (images.count !== original.count) {
      throw new RangeError(
        `${name}: expected ${original.count} images, as many as the originals, got ${images.count}`,
      );
    }
  }
  const columns = [{ name: 'original', images: original }, ...variants];
  const cells = Array.from({ length: original.count }, (_, i) =>
    columns.map(({ images }) => batchImage(images, i)),
  );
  return imageGridFigure(cells.flat(), {
    columns: columns.length,
    scale: scale ?? Math.max(1, Math.min(3, Math.floor((chartWidth / columns.length - 10) / original.width))),
    title,
    columnTitles: columns.map(({ name }) => name),
  });
}

/** What a model said of one image of a dataset. */
export interface ImagePrediction {
  /** Of the image in the dataset. */
  readonly index: number;
  /** The most probable class. */
  readonly predicted: number;
  /** Of the predicted class, 0 to 1. */
  readonly probability: number;
}

/**
 * Images with the predicted class and its probability above each. A wrong one is framed, marked with a cross and also
 * names the true class.
 */
export function predictionGridFigure(
  dataset: ImageDataset,
  predictions: readonly ImagePrediction[],
  {
    columns = 6,
    scale,
    title,
  }: { readonly columns?: number; readonly scale?: number; readonly title?: string } = {},
): Figure {
  const images = predictions.map(({ index, predicted, probability }): GridImage => {
    const right = dataset.labels[index] === predicted;
    const said = `${right ? '✓' : '✗'} ${dataset.classNames[predicted]} ${Math.round(100 * probability)} %`;
    return {
      ...gridImage(dataset, index),
      title: right ? said : `${said}\ntrue: ${dataset.classNames[dataset.labels[index]]}`,
      titleColor: right ? rightColor : wrongColor,
      framed: !right,
    };
  });
  return imageGridFigure(images, { columns, scale, title });
}

function gridImage(dataset: ImageDataset, index: number): GridImage {
  const { height, width, channels } = dataset;
  return { pixels: imageAt(dataset, index), height, width, channels, titleColor: ink };
}

function batchImage({ pixels, height, width, channels }: ImageBatch, i: number): GridImage {
  const size = height * width * channels;
  return { pixels: pixels.subarray(i * size, (i + 1) * size), height, width, channels };
}

/** A class with too few images leaves white cells, so that the next class starts on its own row. */
function padded(row: GridImage[], columns: number, { height, width, channels }: ImageDataset): GridImage[] {
  const pixels = new Uint8Array(height * width * channels).fill(255);
  const blank: GridImage = { pixels, height, width, channels };
  return [...row, ...new Array<GridImage>(columns - row.length).fill(blank)];
}
