import { chartWidth, type Figure, figureTitle } from './figure';
import { currentNotebook, type MimeBundle, type Notebook } from './notebook';
import { type PngOptions, renderPng } from './render';

export interface ShowOptions {
  /** Opens nodeplotlib's browser window instead; default false, or true with `COURSE_WINDOW=1` in a script. */
  readonly window?: boolean;
  /** Where the output goes; default the notebook that this process is the kernel of. */
  readonly notebook?: Notebook | null;
}

/**
 * Shows a figure as one output of the notebook's cell. JupyterLab draws the interactive Plotly form when the pointer
 * comes near; GitHub, and JupyterLab without Plotly's extension, show the PNG in the same output. A still picture is a
 * PNG alone.
 *
 * In a plain script nothing is shown and nothing is printed, unless a window is asked for: `{ window: true }` or
 * `COURSE_WINDOW=1` opens nodeplotlib's, which prints its address, listens on every network of the computer and loads
 * plotly.js from the internet. Use `saveFigure` to keep a figure.
 */
export async function show(figure: Figure, options: ShowOptions = {}): Promise<void> {
  const { notebook = currentNotebook() } = options;
  const { window = !notebook && process.env.COURSE_WINDOW === '1' } = options;
  if (window) {
    const { plot } = await import('nodeplotlib');
    plot(figure.data, figure.layout);
  } else if (notebook) {
    const output = notebook.output();
    output(await pngBundle(figure), pngMetadata(figure));
  }
}

/**
 * The figure in every form a reader may want: Plotly, PNG and a line of text.
 *
 * Plotly's JupyterLab extension shows the PNG until the pointer comes near, dot for screen pixel, so a chart's has a
 * scale of 1. It also draws an output once only: another Plotly form in the same place would not be seen.
 */
export async function pngBundle(figure: Figure): Promise<MimeBundle> {
  if (figure.data.length === 0) return stillBundle(figure);
  const { data, layout } = figure;
  const plotly = { data, layout, config: plotlyConfig };
  return { 'application/vnd.plotly.v1+json': plotly, ...(await stillBundle(figure, { scale: 1 })) };
}

/** The picture and the text alone, which can be replaced any number of times. */
export async function stillBundle(figure: Figure, options?: PngOptions): Promise<MimeBundle> {
  const title = figureTitle(figure);
  return {
    'image/png': (await renderPng(figure, options)).toString('base64'),
    'text/plain': title ? `[figure: ${title}]` : '[figure]',
  };
}

/** The size to show a PNG at that has more dots than screen pixels. */
export function pngMetadata({ layout: { width = chartWidth, height = 400 } }: Figure): object {
  return { 'image/png': { width, height } };
}

export const plotlyConfig = { displaylogo: false };
