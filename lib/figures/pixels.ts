import type { Plot } from 'nodeplotlib';
import { baseLayout, type Figure, panelTitle } from './figure';
import type { GridImage } from './image-grid';

/** A part of an image, in pixels from its top left corner. */
export interface Region {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

export interface PixelFigureOptions {
  /** Shows only this part, and writes the values into the pixels where it is at most 12 wide. */
  readonly region?: Region;
  readonly title?: string;
}

/**
 * One small image beside its red, green and blue planes (or alone if it is grey), as numbers: pointing at a pixel tells
 * its row, its column and its values.
 */
export function pixelFigure(
  image: GridImage,
  { region, title = image.title }: PixelFigureOptions = {},
): Figure {
  const { channels } = image;
  const { top, left, height, width } = region ?? {
    top: 0,
    left: 0,
    height: image.height,
    width: image.width,
  };
  if (top < 0 || left < 0 || top + height > image.height || left + width > image.width) {
    throw new RangeError(
      `region: expected a part of ${image.height} x ${image.width} pixels, got ${JSON.stringify(region)}`,
    );
  }
  const at = (y: number, x: number, c: number) =>
    image.pixels[((top + y) * image.width + left + x) * channels + c];
  const plane = (c: number) => matrix(height, width, (y, x) => at(y, x, c));
  const xs = Array.from({ length: width }, (_, x) => left + x);
  const ys = Array.from({ length: height }, (_, y) => top + y);
  const place = 'row %{y}, column %{x}<br>';
  const values = region !== undefined && width <= 12;

  const planes = channels === 3 ? planeColors : [{ name: 'grey', color: 'rgb(255,255,255)' }];
  const panels: Panel[] = planes.map(({ name, color }, c) => ({
    name,
    values: values
      ? written(plane(c), { xs, ys, darkFrom: name === 'green' || name === 'grey' ? 165 : 256 })
      : undefined,
    trace: {
      type: 'heatmap',
      x: xs,
      y: ys,
      z: plane(c),
      zmin: 0,
      zmax: 255,
      zsmooth: false,
      showscale: false,
      colorscale: [
        [0, 'rgb(0,0,0)'],
        [1, color],
      ],
      hovertemplate: `${place}${name} %{z}<extra></extra>`,
    },
  }));
  if (channels === 3) {
    const colors = matrix(height, width, (y, x) => [at(y, x, 0), at(y, x, 1), at(y, x, 2)]);
    panels.unshift({
      name: 'image',
      trace: {
        type: 'image',
        z: colors,
        hovertemplate: `${place}red %{z[0]}, green %{z[1]}, blue %{z[2]}<extra></extra>`,
        ...imageOrigin(left, top),
      },
    });
  }
  return sideBySide(panels, { title, region: { top, left, height, width } });
}

interface Panel {
  readonly name: string;
  readonly trace: Plot;
  readonly values?: Plot;
}

const planeColors = [
  { name: 'red', color: 'rgb(255,0,0)' },
  { name: 'green', color: 'rgb(0,255,0)' },
  { name: 'blue', color: 'rgb(0,0,255)' },
];

/** One panel's values as text on its pixels: white, or black from `darkFrom` on, where white would not be seen. */
function written(
  plane: readonly (readonly number[])[],
  {
    xs,
    ys,
    darkFrom,
  }: { readonly xs: readonly number[]; readonly ys: readonly number[]; readonly darkFrom: number },
): Plot {
  const values = plane.flat();
  return {
    type: 'scatter',
    mode: 'text',
    x: ys.flatMap(() => xs),
    y: ys.flatMap((y) => xs.map(() => y)),
    text: values.map(String),
    textfont: { size: 11, color: values.map((value) => (value >= darkFrom ? 'black' : 'white')) },
    hoverinfo: 'skip',
  };
}

/** Where an image trace starts, which nodeplotlib's types do not know. */
function imageOrigin(left: number, top: number): object {
  return { x0: left, y0: top };
}

function matrix<T>(height: number, width: number, value: (y: number, x: number) => T): T[][] {
  return Array.from({ length: height }, (_, y) => Array.from({ length: width }, (_, x) => value(y, x)));
}

function sideBySide(
  panels: readonly Panel[],
  { title, region: { top, left, height, width } }: { title?: string; region: Region },
): Figure {
  const n = panels.length;
  const space = 0.04;
  const share = (1 - space * (n - 1)) / n;
  const margin = { l: 45, r: 15, t: title ? 78 : 40, b: 45 };
  const plotWidth = n === 1 ? 330 : 780;
  const plotHeight = Math.round((plotWidth * share * height) / width);
  const base = baseLayout({
    title,
    width: plotWidth + margin.l + margin.r,
    height: plotHeight + margin.t + margin.b,
  });
  const axes: Record<string, unknown> = {};
  panels.forEach((_, i) => {
    const id = i === 0 ? '' : String(i + 1);
    const domain = [i * (share + space), i * (share + space) + share];
    const look = {
      showgrid: false,
      zeroline: false,
      constrain: 'domain',
      ticks: 'outside',
      tickfont: { size: 12 },
    };
    axes[`xaxis${id}`] = {
      ...look,
      domain,
      range: [left - 0.5, left + width - 0.5],
      title: axisTitle('column'),
    };
    axes[`yaxis${id}`] = {
      ...look,
      anchor: `x${id}`,
      scaleanchor: `x${id}`,
      range: [top + height - 0.5, top - 0.5], // row 0 above, as in the bytes
      title: i === 0 ? axisTitle('row') : undefined,
      showticklabels: i === 0,
    };
  });
  const annotations = panels.map(({ name }, i) => panelTitle(name, i * (share + space) + share / 2));
  return {
    data: panels.flatMap(({ trace, values }, i) => {
      const axes = i === 0 ? {} : { xaxis: `x${i + 1}`, yaxis: `y${i + 1}` };
      return [trace, ...(values ? [values] : [])].map((one) => ({ ...one, ...axes }));
    }),
    layout: { ...base, margin, annotations, ...axes },
  };
}

function axisTitle(text: string): { text: string; standoff: number; font: { size: number } } {
  return { text, standoff: 6, font: { size: 13 } };
}
