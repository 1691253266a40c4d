import { readFile } from 'node:fs/promises';
import type { Canvas } from '@napi-rs/canvas';
import type { DOMWindow } from 'jsdom';
import { chartWidth, type Figure } from './figure';
import { type Bounds, type MeasureText, textBounds, textWidth } from './text-bounds';

export interface RenderOptions {
  /** In screen pixels; default the figure's own. */
  readonly width?: number;
  readonly height?: number;
}

export interface PngOptions extends RenderOptions {
  /** Dots for a screen pixel; default 2, sharp on dense screens, and 1 for a large still picture. */
  readonly scale?: number;
}

/** Draws a figure as an SVG document. The first call loads plotly.js, about a second; later ones take about 0.1 s. */
export function renderSvg(figure: Figure, options: RenderOptions = {}): Promise<string> {
  const svg = lastRender.then(async () => draw(await renderer(), figure, options));
  lastRender = svg.catch(() => undefined);
  return svg;
}

/** One drawing at a time: each starts plotly.js's random names anew, so that a figure always gives the same bytes. */
let lastRender: Promise<unknown> = Promise.resolve();

/**
 * Draws a figure as a PNG file of at most 256 colours where that loses nothing to see: charts always, photographs
 * when they would otherwise be large. On a computer without fonts the text is missing.
 */
export async function renderPng(
  figure: Figure,
  { scale = defaultScale(figure), ...size }: PngOptions = {},
): Promise<Buffer> {
  const svg = await renderSvg(figure, size);
  const { default: sharp } = await import('sharp');
  const image = sharp(Buffer.from(svg), { density: 72 * scale }).flatten({ background: 'white' });
  const full = await image.clone().png({ compressionLevel: 9, adaptiveFiltering: false }).toBuffer();
  const photograph = figure.data.length === 0 || figure.data.some(({ type }) => type === 'image');
  if (photograph && full.length <= largestPhotograph) return full;
  const few = await image.png({ palette: true, quality: 100, compressionLevel: 9, effort: 7 }).toBuffer();
  return few.length < full.length ? few : full;
}

const largestPhotograph = 150 * 1024;

/** A still picture of a hundred photographs would take 400 KB at scale 2. */
function defaultScale({ data, layout: { width = chartWidth, height = 400 } }: Figure): number {
  return data.length === 0 && width * height > 500_000 ? 1 : 2;
}

/** plotly.js, as far as it is used here. */
interface Plotly {
  toImage(figure: object, options: object): Promise<string>;
}

interface Renderer {
  readonly plotly: Plotly;
  /** Starts the random numbers of plotly.js's element names anew. */
  reseed(): void;
}

let loaded: Promise<Renderer> | undefined;

function renderer(): Promise<Renderer> {
  loaded ??= load();
  return loaded;
}

/** plotly.js in a document of its own: nothing of jsdom appears among this process's globals. */
async function load(): Promise<Renderer> {
  const { JSDOM, VirtualConsole } = await import('jsdom');
  const { window } = new JSDOM('<!doctype html><body></body>', {
    runScripts: 'outside-only',
    pretendToBeVisual: true,
    virtualConsole: new VirtualConsole(), // listens to nobody: nothing is printed
  });
  await supplyWhatJsdomLacks(window);
  window.eval(await readFile(require.resolve('plotly.js-dist-min'), 'utf8'));
  return {
    plotly: window.Plotly as Plotly,
    // Park and Miller's minimal standard generator (1988).
    reseed: () =>
      window.eval('{ let s = 1; Math.random = () => (s = (s * 16807) % 2147483647) / 2147483647; }'),
  };
}

async function draw(
  { plotly, reseed }: Renderer,
  { data, layout }: Figure,
  options: RenderOptions,
): Promise<string> {
  reseed();
  const { width = layout.width ?? chartWidth, height = layout.height ?? 400 } = options;
  // plotly.js fills in its defaults where it is given objects: it gets a copy.
  const copy = JSON.parse(JSON.stringify({ data, layout: { ...layout, width, height } }));
  const svg = await plotly.toImage(copy, { format: 'svg', width, height, imageDataOnly: true });
  return svg.replaceAll('<image ', '<image image-rendering="optimizeSpeed" ');
}

/** jsdom has no layout and no canvas: text is measured and heat maps are painted by Skia instead. */
async function supplyWhatJsdomLacks(window: DOMWindow): Promise<void> {
  const { createCanvas } = await import('@napi-rs/canvas');
  const ruler = createCanvas(1, 1).getContext('2d');

  const measure: MeasureText = (text, { family, size, bold }) => {
    ruler.font = `${bold ? 'bold ' : ''}${size}px ${family}`;
    // Without a single font every width is 0: about half the height a letter is near enough for the layout.
    return ruler.measureText(text).width || text.length * size * 0.55;
  };
  const rectangle = ({ left, top, right, bottom }: Bounds) => ({
    ...{ left, top, right, bottom, x: left, y: top },
    ...{ width: right - left, height: bottom - top },
  });
  Object.assign(window.SVGElement.prototype, {
    getBBox(this: Element) {
      return rectangle(textBounds(this, measure, this));
    },
    getBoundingClientRect(this: Element) {
      return rectangle(textBounds(this, measure));
    },
    getComputedTextLength(this: Element) {
      return textWidth(this, measure);
    },
  });

  const canvases = new WeakMap<HTMLCanvasElement, Canvas>();
  function canvasOf(element: HTMLCanvasElement): Canvas {
    let canvas = canvases.get(element);
    if (!canvas || canvas.width !== element.width || canvas.height !== element.height) {
      canvas = createCanvas(element.width, element.height);
      canvases.set(element, canvas);
    }
    return canvas;
  }
  Object.assign(window.HTMLCanvasElement.prototype, {
    getContext(this: HTMLCanvasElement, kind: string) {
      return kind === '2d' ? canvasOf(this).getContext('2d') : null;
    },
    toDataURL(this: HTMLCanvasElement) {
      return canvasOf(this).toDataURL('image/png');
    },
  });
  window.URL.createObjectURL = () => '';
  Object.assign(window, { TextDecoder, TextEncoder });
}
