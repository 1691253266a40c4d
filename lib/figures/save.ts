import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, extname } from 'node:path';
import { CourseError } from '../errors';
import { type Figure, figureTitle } from './figure';
import { escapeHtml } from './html';
import { type PngOptions, renderPng, renderSvg } from './render';
import { plotlyConfig } from './show';

/**
 * Writes a figure to a file, in the form that its name ends in: `.png`, `.svg`, `.html` (a page with plotly.js inside,
 * 5 MB, interactive without the internet) or `.json` (Plotly's). Makes the folder if it is missing.
 */
export async function saveFigure(figure: Figure, path: string, options: PngOptions = {}): Promise<void> {
  const content = await contentFor(extname(path).toLowerCase(), figure, options);
  if (content === undefined) {
    throw new CourseError(`${path}: expected a name ending in .png, .svg, .html or .json`);
  }
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
}

async function contentFor(
  extension: string,
  figure: Figure,
  options: PngOptions,
): Promise<string | Buffer | undefined> {
  switch (extension) {
    case '.png':
      return renderPng(figure, options);
    case '.svg':
      return renderSvg(figure, options);
    case '.html':
      return page(figure);
    case '.json':
      return `${JSON.stringify(figure)}\n`;
  }
}

async function page({ data, layout }: Figure): Promise<string> {
  const plotly = await readFile(require.resolve('plotly.js-dist-min'), 'utf8');
  // `<` is written as an escape, or a class name such as `</script>` would end the script.
  const figure = JSON.stringify([data, layout, plotlyConfig]).replaceAll('<', '\\u003c');
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>${escapeHtml(figureTitle({ data, layout }) || 'Figure')}</title>
<script>${plotly}</script>
<body><div id="figure"></div>
<script>Plotly.newPlot('figure', ...${figure});</script>
</body>
</html>
`;
}
