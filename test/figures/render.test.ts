import assert from 'node:assert/strict';
import sharp from 'sharp';
import {
  classCountsFigure,
  type Figure,
  imageGridFigure,
  pixelFigure,
  renderPng,
  renderSvg,
  trainingCurvesFigure,
} from '../../lib/figures';

/** The colour of the picture's dot at a place in screen pixels. */
async function picture(figure: Figure, scale: number) {
  const { data, info } = await sharp(await renderPng(figure, { scale }))
    .toColourspace('srgb')
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const at = (x: number, y: number) => {
    const i = (Math.round(y * scale) * info.width + Math.round(x * scale)) * 3;
    return [data[i], data[i + 1], data[i + 2]];
  };
  return { width: info.width, height: info.height, at };
}

function near(actual: number[], expected: number[], tolerance = 12): void {
  const far = actual.some((value, i) => Math.abs(value - expected[i]) > tolerance);
  assert.ok(!far, `expected about ${expected}, got ${actual}`);
}

describe('renderPng', () => {
  const counts = [{ name: 'train', classNames: ['a', 'b'], counts: [2, 1] }];

  it('draws bars of their heights', async () => {
    const figure = classCountsFigure(counts, { title: '' });
    const { width, height, at } = await picture(figure, 1);
    assert.deepEqual([width, height], [840, 400]);
    const blue = [0x00, 0x72, 0xb2];
    // The plot is 740 wide from 70; the bars stand at a quarter and at three quarters of it.
    near(at(255, 320), blue);
    near(at(625, 320), blue);
    near(at(255, 80), blue);
    near(at(625, 80), [255, 255, 255]);
  });

  it('draws at the scale asked for', async () => {
    const { width, height } = await picture(classCountsFigure(counts), 1.5);
    assert.deepEqual([width, height], [1260, 600]);
  });

  it('draws the pixels of an image grid sharp and in their colours', async () => {
    const pixels = Uint8Array.from([255, 0, 0, 0, 128, 0, 0, 0, 255, 200, 200, 0]);
    const figure = imageGridFigure([{ pixels, height: 2, width: 2, channels: 3 }], { scale: 20 });
    const { l = 0, t = 0 } = figure.layout.margin ?? {};
    for (const scale of [1, 2]) {
      const { at } = await picture(figure, scale);
      const cell = (x: number, y: number) => at(l + 3 + x, t + 3 + y);
      near(cell(10, 10), [255, 0, 0], 1);
      near(cell(20 - 1 / scale, 10), [255, 0, 0], 1); // the last dot before the edge: not blurred
      near(cell(22, 10), [0, 128, 0], 1);
      near(cell(10, 30), [0, 0, 255], 1);
      near(cell(30, 30), [200, 200, 0], 1);
    }
  });

  it('draws heat maps and image traces', async () => {
    const pixels = Uint8Array.from([255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255]);
    const figure = pixelFigure({ pixels, height: 2, width: 2, channels: 3 });
    const { width, height, at } = await picture(figure, 1);
    assert.ok(width > 700 && height > 200);
    const { l = 0, t = 0 } = figure.layout.margin ?? {};
    near(at(l + 40, t + 40), [255, 0, 0]);
    near(at(l + 140, t + 140), [255, 255, 255]);
    const [from = 0] = (figure.layout.xaxis2?.domain ?? []).map((share) => l + 780 * share);
    near(at(from + 40, t + 40), [255, 0, 0]);
    near(at(from + 140, t + 40), [0, 0, 0]);
  });

  it('gives the same bytes for the same figure', async () => {
    const figure = trainingCurvesFigure([{ epoch: 1, loss: 1, accuracy: 0.5 }]);
    const [svg, again] = await Promise.all([renderSvg(figure), renderSvg(figure)]);
    assert.equal(svg, again);
    assert.deepEqual(await renderPng(figure), await renderPng(figure));
  });

  it('leaves the figure and the globals alone', async () => {
    const figure = classCountsFigure(counts);
    const before = JSON.stringify(figure);
    await renderSvg(figure);
    assert.equal(JSON.stringify(figure), before);
    assert.ok(!('document' in globalThis) && !('Plotly' in globalThis));
  });

  it('keeps tick labels and axis titles inside the picture', async () => {
    const svg = await renderSvg(classCountsFigure(counts));
    const labels = Array.from(svg.matchAll(/<text[^>]*>([^<]*)/g), ([, text]) => text);
    for (const text of ['a', 'b', 'images', '0', '2', 'Images of each class'])
      assert.ok(labels.includes(text), text);
    const [, x, y] = /class="ytitle"[^>]*? x="([\d.-]+)" y="([\d.-]+)"/.exec(svg) ?? [];
    assert.ok(Number(x) > 5 && Number(x) < 60 && Number(y) > 100 && Number(y) < 300, `${x}, ${y}`);
  });

  it('reports what plotly.js cannot draw, and draws the next figure', async () => {
    await assert.rejects(renderSvg({ data: [], layout: { width: -5 } }));
    assert.match(await renderSvg(classCountsFigure(counts)), /^<svg/);
  });
});
