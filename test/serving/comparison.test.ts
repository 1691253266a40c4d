import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { useBackend } from '../../lib/backend';
import { predictImages } from '../../lib/evaluation';
import { loadClassifier } from '../../lib/interchange';
import { courseRoot } from '../../lib/paths';
import { createRandom } from '../../lib/random';
import { buildServer } from '../../lib/serving';
import { inputShapeOf, viewsOf } from '../../lib/serving/model-description';
import { launchBrowser } from '../helpers/browser';
import { fakeServable } from './fakes';

const nameOf = (network: string) => `${network}-cifar10`;
const folderOf = (network: string) => join(courseRoot(), 'data', 'pretrained', nameOf(network));

/** The network of `folder` in this process, as the workers compute it; each probability is off by `by`. */
async function loadHere(folder: string, { by = 0 } = {}) {
  const classifier = await loadClassifier(folder);
  const { model, normalization, classNames } = classifier;
  const shape = inputShapeOf(model);
  const [height, width, channels] = shape;
  const predict = async (pixels: Uint8Array, count: number) => {
    const images = { pixels, count, height, width, channels };
    const answer = await predictImages(model, images, { normalization, views: viewsOf(classifier) });
    return answer.map((probability) => probability + by);
  };
  const servable = fakeServable({ predict, shape, folder });
  return Object.assign(servable, { classNames, digest: folder });
}

describe('the page beside the server', function () {
  this.timeout(180_000);
  let browser: Browser;
  let page: Page;
  let closing: (() => Promise<void>)[] = [];
  /** What the browser asked of anyone else, and what it complained about. */
  const strangers: string[] = [];
  const complaints: string[] = [];
  /** Bytes that were sent of TensorFlow.js and the model. */
  let loadedBytes = 0;

  before(async function () {
    browser = await launchBrowser(this);
    await useBackend();
  });

  after(() => browser?.close());

  afterEach(async () => {
    for (const close of closing.reverse()) await close();
    closing = [];
    assert.deepEqual([strangers, complaints], [[], []]);
  });

  /** Opens the page, and gives it a photograph's worth of noise. */
  async function open(
    folder: string,
    {
      by = 0,
      token,
      within = browser,
      init = '',
    }: { by?: number; token?: string; within?: Browser; init?: string } = {},
  ): Promise<void> {
    const load = (place: string) => loadHere(place, { by });
    const server = await buildServer({ folder, token, models: { load, pollMs: 60_000 } });
    closing.push(() => server.close());
    await server.models.start();
    const url = await server.listen({ host: '127.0.0.1', port: 0 });
    page = await within.newPage();
    closing.push(() => page.close());
    await page.addInitScript(init);
    loadedBytes = 0;
    page.on('request', (request) => {
      if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(url))
        strangers.push(request.url());
    });
    page.on('response', (response) => {
      if (/\/tensorflow\/|model\.json|weights\.bin/.test(response.url()))
        loadedBytes += Number(response.headers()['content-length']);
    });
    page.on('pageerror', ({ message }) => complaints.push(message));
    page.on('console', (message) => {
      if (message.type() === 'error' && !/status of 4/.test(message.text())) complaints.push(message.text());
    });
    await page.goto(url);
    if (token) {
      await page.locator('#token').fill(token);
      await page.locator('#token').press('Enter');
    }
    await page.waitForFunction(() => document.querySelector('#about')?.textContent?.includes('10 things'));
    await page.setInputFiles('#file', { name: 'a.png', mimeType: 'image/png', buffer: await photograph() });
    await page.locator('#compare').waitFor();
  }

  async function photograph(): Promise<Buffer> {
    const random = createRandom('photograph');
    const pixels = Buffer.from(Array.from({ length: 60 * 50 * 3 }, () => random.integer(256)));
    return sharp(pixels, { raw: { width: 60, height: 50, channels: 3 } })
      .blur(4)
      .normalise()
      .png()
      .toBuffer();
  }

  const text = async (id: string) => (await page.locator(`#${id}`).textContent()) ?? '';
  const compared = () => page.locator('#compare-result').waitFor();

  async function compareWith(engine: string): Promise<void> {
    await page.locator('#compare-engine').selectOption({ label: engine });
    await page.getByRole('checkbox', { name: 'Compute it here as well' }).check();
    await compared();
  }

  /** Both say the same, of some picture that they are not sure of, and in times that were measured. */
  async function assertSame(engine: string): Promise<void> {
    assert.equal(await text('compare-status'), 'Both give the same answer.');
    assert.equal(await text('here-engine'), `${engine}, computing only`);
    const difference = Number(await text('difference'));
    assert.ok(difference <= 1e-5, `differs by ${difference}`);
    for (const id of ['server-time', 'here-time']) assert.match(await text(id), /^\d+(\.\d)? ms$/);
    const rows = await page.locator('#bars li').allInnerTexts();
    assert.equal(rows.length, 10);
    for (const row of rows) {
      const shares = row.match(/[\d.]+(?= %)/g)?.map(Number) ?? [];
      assert.equal(shares.length, 2, row);
      assert.ok(Math.abs(shares[0] - shares[1]) < 0.11, row); // rounded to a decimal
    }
    assert.ok(!rows[0].includes('100.0 %'), rows[0]);
  }

  for (const network of ['baseline', 'regularized', 'airbench']) {
    it(`computes ${network} on WebAssembly as the server does, after it has said how much that loads`, async () => {
      await open(folderOf(network));
      const told = Number(/^loads (\d+\.\d) MB/.exec(await text('compare-cost'))?.[1]);
      assert.equal(loadedBytes, 0);
      assert.equal(await page.locator('#legend').isVisible(), false);
      await compareWith('WebAssembly');
      await assertSame('WebAssembly');
      assert.ok(Math.abs(loadedBytes / 1e6 - told) < 0.06, `told ${told} MB, loaded ${loadedBytes} bytes`);
    });
  }

  it('computes in plain JavaScript where there is no WebAssembly', async () => {
    await open(folderOf('baseline'), { init: 'delete globalThis.WebAssembly' });
    await page.locator('#compare-on').check();
    await compared();
    await assertSame('plain JavaScript');
  });

  it('computes on WebGPU where the browser has it', async function () {
    const args = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader', '--enable-features=Vulkan'];
    const within = await launchBrowser(this, { args });
    try {
      await open(folderOf('baseline'), { within });
      const engines = await page.locator('#compare-engine option').allTextContents();
      const webgpu = engines.find((engine) => engine.startsWith('WebGPU'));
      if (!webgpu) return this.skip(); // a Chromium that was built without it
      await compareWith(webgpu);
      await assertSame(webgpu);
    } finally {
      await page.close();
      await within.close();
    }
  });

  it('compares the next picture too, until it is turned off', async () => {
    await open(folderOf('baseline'), { token: 'a token of this server' });
    await page.locator('#compare-on').focus();
    await page.keyboard.press('Space');
    await compared();
    const before = await text('answer');
    const black = sharp({ create: { width: 9, height: 9, channels: 3, background: 'black' } });
    const buffer = await black.png().toBuffer();
    await page.setInputFiles('#file', { name: 'b.png', mimeType: 'image/png', buffer });
    await page.waitForFunction((old) => document.querySelector('#answer')?.textContent !== old, before);
    await compared();
    assert.equal(await text('compare-status'), 'Both give the same answer.');
    assert.equal(await page.locator('#bars .here.percent').count(), 10);
    await page.locator('#compare-on').focus();
    await page.keyboard.press('Space');
    await page.locator('#compare-result').waitFor({ state: 'hidden' });
    assert.equal(await page.locator('#bars .here').count(), 0);
  });

  it('says so where the two differ', async () => {
    await open(folderOf('baseline'), { by: 1e-3 });
    await compareWith('WebAssembly');
    assert.match(await text('compare-status'), /differ by more than rounding/);
    assert.ok(Math.abs(Number(await text('difference')) - 1e-3) < 1e-5, await text('difference'));
  });

  it('says why a browser cannot compute a network', async () => {
    await open(folderOf('baseline'));
    const stranger = {
      class_name: 'Sequential',
      config: { layers: [{ class_name: 'Stranger', config: {} }] },
    };
    await page.route('**/model.json', (route) =>
      route.fulfill({ json: { modelTopology: stranger, weightsManifest: [] } }),
    );
    await page.locator('#compare-on').check();
    await page.locator('#compare-status.wrong').waitFor();
    assert.equal(
      await text('compare-status'),
      'WebAssembly cannot compute this network here: Unknown layer: Stranger.',
    );
  });

  it('is not offered where the files are gone', async () => {
    await open(folderOf('baseline'));
    await page.route('**/browser', (route) => route.fulfill({ json: { reason: 'the files are gone' } }));
    await page.setInputFiles('#file', { name: 'a.png', mimeType: 'image/png', buffer: await photograph() });
    await page.locator('#compare-controls').waitFor({ state: 'hidden' });
    assert.equal(await text('compare-status'), 'This browser cannot compute it as well: the files are gone.');
  });

  it('fits a telephone', async () => {
    await open(folderOf('baseline'));
    await page.setViewportSize({ width: 320, height: 640 });
    await compareWith('WebAssembly');
    const { width, scroll } = await page.evaluate(() => ({
      width: document.documentElement.clientWidth,
      scroll: document.documentElement.scrollWidth,
    }));
    assert.equal(scroll, width);
  });
});
