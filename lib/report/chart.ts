import { type Figure, renderSvg } from '../figures';
import { type Html, html, trusted } from './html';

/**
 * A figure as SVG inside the page: narrow enough for a phone, in the page's colours whether light or dark, its title left to
 * the caption.
 *
 * @param options.id Of this chart on the page: names inside the SVG start with it.
 */
export async function chart(
  figure: Figure,
  { id, caption }: { readonly id: string; readonly caption: string },
): Promise<Html> {
  const svg = await renderSvg(narrow(figure));
  return html`<figure class="chart">${trusted(inPage(svg, { id, caption }))}<figcaption>${caption}</figcaption></figure>`;
}

const width = 500;

/** The figure without its title, its legend below in as many lines as it needs. */
function narrow({ data, layout }: Figure): Figure {
  const named = data.filter(({ name, showlegend }) => name !== undefined && showlegend !== false);
  const longest = Math.max(0, ...named.map(({ name }) => name?.length ?? 0));
  const across = Math.max(1, Math.floor((width - 20) / (50 + 7.5 * longest)));
  const lines = layout.showlegend ? Math.ceil(named.length / across) : 0;
  const below = 62 + 20 * lines;
  const height = (layout.height ?? 400) - (layout.margin?.t ?? 60) - (layout.margin?.b ?? 60);
  const plot = Math.min(height, 400);
  return {
    data,
    layout: {
      ...layout,
      title: { text: '' },
      width,
      height: 12 + plot + below,
      margin: { ...layout.margin, t: 12, b: below, r: 16 },
      legend: { orientation: 'h', x: 0.5, xanchor: 'center', y: -58 / plot, yanchor: 'top' },
    },
  };
}

/** Every figure names its parts alike, so that those of several on one page would be mixed up. */
function inPage(
  svg: string,
  { id: own, caption }: { readonly id: string; readonly caption: string },
): string {
  const ids = Array.from(svg.matchAll(/\bid="([^"]+)"/g), ([, id]) => id);
  const named = ids.reduce(
    (text, id) => text.replaceAll(`id="${id}"`, `id="${own}-${id}"`).replaceAll(`#${id})`, `#${own}-${id})`),
    svg,
  );
  const { markup } = html`<svg role="img" aria-label="${caption}" `;
  return Object.entries(colors)
    .reduce((text, [color, inPage]) => text.replaceAll(color, inPage), named)
    .replace('<svg ', () => markup);
}

/** Ink, black lines, grid and ground, as plotly.js writes them: what would not be seen on the dark page. */
const colors = {
  'rgb(34, 34, 34)': 'currentColor',
  'rgb(0, 0, 0)': 'currentColor',
  'rgb(68, 68, 68)': 'currentColor',
  'rgb(227, 227, 227)': 'var(--line)',
  'rgb(255, 255, 255)': 'var(--ground)',
} as const;
