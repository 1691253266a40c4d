import type { Layout, Plot } from 'nodeplotlib';

export type Annotation = NonNullable<Layout['annotations']>[number];

/**
 * A picture of results: Plotly's traces and layout, in nodeplotlib's types, plain data that JSON can carry. A figure
 * without traces is a still picture (an image grid): there is nothing in it to point at or zoom into.
 */
export interface Figure {
  readonly data: Plot[];
  readonly layout: Layout;
}

/** The look that every figure of the course shares: size, font, white ground, room for a title of one line. */
export function baseLayout({
  title = '',
  width = chartWidth,
  height = 400,
}: {
  readonly title?: string;
  readonly width?: number;
  readonly height?: number;
} = {}): Layout {
  return {
    title: { text: plotlyText(title), font: { size: 18, color: ink }, x: 0.5, xanchor: 'center' },
    width,
    height,
    margin: { l: 70, r: 30, t: title ? 60 : 30, b: 60 },
    font: { family: fontFamily, size: 14, color: ink },
    paper_bgcolor: 'white',
    plot_bgcolor: 'white',
    colorway: [...palette],
    hovermode: 'closest',
    showlegend: false,
  };
}

/** As wide as a cell's output in JupyterLab on a small screen, its file list open, in screen pixels. */
export const chartWidth = 840;

/** Fonts of the usual systems, so that text keeps about the same width on each. */
export const fontFamily = 'Arial, Helvetica, Liberation Sans, DejaVu Sans, sans-serif';

export const ink = '#222222';
export const gridColor = '#e3e3e3';

/** Okabe and Ito's palette, told apart with any colour vision: https://jfly.uni-koeln.de/color/ */
export const palette = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000'] as const;

/** For what is right and what is wrong; always beside a sign, never alone. */
export const rightColor = '#00694d';
export const wrongColor = '#c04000';

/** The heading of one of several panels side by side: text centred above the plot at `x`, a share of its width. */
export function panelTitle(text: string, x: number): Annotation {
  return {
    text,
    xref: 'paper',
    yref: 'paper',
    x,
    y: 1,
    xanchor: 'center',
    yanchor: 'bottom',
    yshift: 4,
    showarrow: false,
    font: { size: 14, color: ink },
  };
}

/** Text for a Plotly title, label or hover box, which read `<` and `&` as HTML does. */
export function plotlyText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** The title as plain text; empty where there is none. */
export function figureTitle({ layout }: Figure): string {
  const text = typeof layout.title === 'string' ? layout.title : (layout.title?.text ?? '');
  return text
    .replace(/<[^>]*>/g, ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}
