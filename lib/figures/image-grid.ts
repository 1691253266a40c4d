import { type Annotation, baseLayout, chartWidth, type Figure, ink, plotlyText, wrongColor } from './figure';
import { dataUrl, encodePng } from './png';

/** One picture of a grid: bytes 0 to 255, [height, width, channels], with 1 channel (grey) or 3 (R, G, B). */
export interface GridImage {
  readonly pixels: Uint8Array;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** Written above the image, a line for each `\n`. */
  readonly title?: string;
  /** Colour of the title; default dark grey. */
  readonly titleColor?: string;
  /** Draws a thick frame around the image; default false. */
  readonly framed?: boolean;
}

export interface ImageGridOptions {
  /** Images in a row; default 10, or fewer where there are fewer images. */
  readonly columns?: number;
  /** Screen pixels for each side of an image pixel; by default the largest, up to 6, that fits a cell's output. */
  readonly scale?: number;
  readonly title?: string;
  /** One name a row, on its left. */
  readonly rowTitles?: readonly string[];
  /** One name a column, above the first row. */
  readonly columnTitles?: readonly string[];
}

const gap = 7;
const side = 8;
const lineHeight = 17;
const frame = 3;

/** Images side by side, row by row, each pixel enlarged to a square so that it can be seen. */
export function imageGridFigure(
  images: readonly GridImage[],
  { columns = 10, scale, title, rowTitles, columnTitles }: ImageGridOptions = {},
): Figure {
  for (const image of images) checkImage(image);
  if (!(Number.isInteger(columns) && columns > 0)) {
    throw new RangeError(`columns: expected a whole number above 0, got ${columns}`);
  }
  const across = columnTitles ? columns : Math.max(1, Math.min(columns, images.length));
  const down = Math.max(1, Math.ceil(images.length / across));
  const cellWidth = Math.max(1, ...images.map((image) => image.width));
  const cellHeight = Math.max(1, ...images.map((image) => image.height));
  const left = rowTitles ? 24 + Math.ceil(8 * Math.max(0, ...rowTitles.map((text) => text.length))) : side;
  const zoom = scale ?? largestZoom({ across, cellWidth, available: chartWidth - left - side });
  const titleLines = Math.max(0, ...images.map((image) => image.title?.split('\n').length ?? 0));

  // Each cell is [title above, image, gap], its image `zoom` times as large as the pixels.
  const stepX = cellWidth * zoom + gap;
  const stepY = titleLines * lineHeight + cellHeight * zoom + gap;
  const width = across * stepX - gap + 2 * frame;
  const height = down * stepY - gap + 2 * frame;
  const corner = (i: number) => ({
    left: frame + (i % across) * stepX,
    top: frame + Math.floor(i / across) * stepY + titleLines * lineHeight,
  });

  const canvas = new Uint8Array(width * height * 3).fill(255);
  images.forEach((image, i) => {
    if (image.framed) fillFrame(canvas, width, image, { ...corner(i), zoom });
    draw(canvas, width, image, { ...corner(i), zoom });
  });

  const annotations: Annotation[] = [];
  const write = (text: string, x: number, y: number, style: Annotation) =>
    annotations.push({
      text: plotlyText(text).replaceAll('\n', '<br>'),
      xref: 'paper',
      yref: 'paper',
      x: x / width,
      y: 1 - y / height,
      showarrow: false,
      borderpad: 0,
      font: { size: 12.5, color: ink },
      ...style,
    });
  images.forEach(({ title: text, titleColor = ink }, i) => {
    const { left, top } = corner(i);
    if (text) {
      write(text, left + (cellWidth * zoom) / 2, top - frame, {
        xanchor: 'center',
        yanchor: 'bottom',
        font: { size: 12.5, color: titleColor },
      });
    }
  });
  rowTitles?.slice(0, down).forEach((text, row) => {
    const middle = corner(row * across).top + (cellHeight * zoom) / 2;
    write(text, 0, middle, {
      xanchor: 'right',
      yanchor: 'middle',
      xshift: -8,
      font: { size: 14, color: ink },
    });
  });
  columnTitles?.slice(0, across).forEach((text, column) => {
    write(text, corner(column).left + (cellWidth * zoom) / 2, 0, {
      xanchor: 'center',
      yanchor: 'bottom',
      yshift: 4,
      font: { size: 14, color: ink },
    });
  });

  const margin = {
    l: left,
    r: side,
    t: (title ? 46 : 12) + (columnTitles ? 26 : 0),
    b: 16,
  };
  const layout = baseLayout({
    title,
    width: Math.max(width + margin.l + margin.r, title ? title.length * 9 + 40 : 0),
    height: height + margin.t + margin.b,
  });
  // A figure made wider for its title keeps the image at its own size, so that its pixels stay whole.
  margin.r = (layout.width ?? 0) - width - margin.l;
  const hidden = { visible: false, fixedrange: true, range: [0, 1] };
  return {
    data: [],
    layout: {
      ...layout,
      title: { ...(layout.title as object), y: 1 - 24 / (layout.height ?? 1), yanchor: 'middle' },
      margin,
      xaxis: hidden,
      yaxis: hidden,
      annotations,
      images: [
        {
          source: dataUrl(encodePng(canvas, { width, height })),
          xref: 'paper',
          yref: 'paper',
          x: 0,
          y: 1,
          sizex: 1,
          sizey: 1,
          sizing: 'stretch',
          layer: 'below',
        },
      ],
    },
  };
}

function largestZoom({
  across,
  cellWidth,
  available,
}: Record<'across' | 'cellWidth' | 'available', number>): number {
  const cell = (available - 2 * frame + gap) / across - gap;
  return Math.max(1, Math.min(6, Math.floor(cell / cellWidth)));
}

function checkImage({ pixels, height, width, channels }: GridImage): void {
  if (channels !== 1 && channels !== 3)
    throw new RangeError(`image: expected 1 or 3 channels, got ${channels}`);
  const expected = height * width * channels;
  if (pixels.length !== expected) {
    throw new RangeError(
      `image of ${height} x ${width} x ${channels}: expected ${expected} bytes, got ${pixels.length}`,
    );
  }
}

interface Place {
  readonly left: number;
  readonly top: number;
  readonly zoom: number;
}

function draw(canvas: Uint8Array, canvasWidth: number, image: GridImage, { left, top, zoom }: Place): void {
  const { pixels, height, width, channels } = image;
  for (let y = 0; y < height * zoom; y++) {
    for (let x = 0; x < width * zoom; x++) {
      const from = (Math.floor(y / zoom) * width + Math.floor(x / zoom)) * channels;
      const to = ((top + y) * canvasWidth + left + x) * 3;
      for (let c = 0; c < 3; c++) canvas[to + c] = pixels[from + (channels === 3 ? c : 0)];
    }
  }
}

function fillFrame(
  canvas: Uint8Array,
  canvasWidth: number,
  image: GridImage,
  { left, top, zoom }: Place,
): void {
  const color = Buffer.from(wrongColor.slice(1), 'hex');
  for (let y = top - frame; y < top + image.height * zoom + frame; y++) {
    for (let x = left - frame; x < left + image.width * zoom + frame; x++) {
      canvas.set(color, (y * canvasWidth + x) * 3);
    }
  }
}
