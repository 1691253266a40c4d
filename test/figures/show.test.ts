import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { classCountsFigure, type Figure, imageGridFigure, saveFigure, show } from '../../lib/figures';
import { fakeNotebook } from './tiny';

const chart = classCountsFigure([{ name: 'train', classNames: ['a', 'b'], counts: [2, 1] }], {
  title: 'A < B',
});
const still = imageGridFigure([{ pixels: new Uint8Array(12), height: 2, width: 2, channels: 3 }]);

describe('show', () => {
  it('gives a chart as one output: Plotly, PNG and text', async () => {
    const { notebook, outputs } = fakeNotebook();
    await show(chart, { notebook });
    assert.equal(outputs.length, 1);
    const [{ bundle, metadata }] = outputs[0];
    assert.deepEqual(Object.keys(bundle), ['application/vnd.plotly.v1+json', 'image/png', 'text/plain']);
    assert.deepEqual(Object.keys(bundle['application/vnd.plotly.v1+json']), ['data', 'layout', 'config']);
    const png = Buffer.from(String(bundle['image/png']), 'base64');
    assert.equal(png.subarray(1, 4).toString(), 'PNG');
    assert.ok(png.length < 60 * 1024, `${png.length} bytes`);
    assert.equal(bundle['text/plain'], '[figure: A < B]');
    assert.deepEqual(metadata, { 'image/png': { width: 840, height: 400 } });
  });

  it('gives a still picture as PNG and text alone', async () => {
    const { notebook, outputs } = fakeNotebook();
    await show(still, { notebook });
    assert.deepEqual(Object.keys(outputs[0][0].bundle), ['image/png', 'text/plain']);
  });

  it('is quiet in a plain script, as is importing the figures', () => {
    const script = `
      const loaded = () => Object.keys(require.cache).filter((file) => /plotly|jsdom|danfojs|nodeplotlib|tslab|sharp|canvas/.test(file));
      const figures = require('./lib/figures');
      figures.show({ data: [], layout: {} }).then(() => { if (loaded().length) console.log(loaded()); });
      figures.showTable([{ a: 1 }]);
      figures.liveTraining({ epochs: 1 }).onStep({ epoch: 1, step: 1, steps: 2, loss: 1, accuracy: 0, imagesPerSecond: 1 });`;
    const output = execFileSync(process.execPath, ['-r', 'ts-node/register', '-e', script], {
      env: { ...process.env, COURSE_WINDOW: '' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    assert.equal(String(output), '');
  });
});

describe('saveFigure', () => {
  const folder = mkdtempSync(join(tmpdir(), 'figures-'));
  after(() => rmSync(folder, { recursive: true }));

  it('writes each form by the ending of the name, making folders', async () => {
    const chart: Figure = {
      data: [{ type: 'bar', x: ['</script>'], y: [1] }],
      layout: { title: { text: 'A &lt; B' } },
    };
    const path = (name: string) => join(folder, 'new', name);
    for (const name of ['a.png', 'a.svg', 'a.json', 'a.html']) await saveFigure(chart, path(name));
    assert.equal(readFileSync(path('a.png')).subarray(1, 4).toString(), 'PNG');
    assert.match(readFileSync(path('a.svg'), 'utf8'), /^<svg/);
    assert.deepEqual(JSON.parse(readFileSync(path('a.json'), 'utf8')), JSON.parse(JSON.stringify(chart)));
  });

  it('writes a page that needs no internet and where no name can end the script', () => {
    const page = readFileSync(join(folder, 'new', 'a.html'), 'utf8');
    assert.equal(page.split('</script>').length, 3);
    assert.match(page, /<title>A &#60; B<\/title>/);
    const last = page.slice(page.lastIndexOf('<script>'));
    assert.match(last, /^<script>Plotly\.newPlot\(.*\);<\/script>\n<\/body>\n<\/html>\n$/);
    assert.doesNotMatch(page, /<script[^>]* src=/);
  });

  it('refuses other endings', async () => {
    await assert.rejects(
      saveFigure(chart, join(folder, 'a.bmp')),
      /expected a name ending in \.png, \.svg, \.html or \.json/,
    );
  });
});
