import assert from 'node:assert/strict';
import type { FastifyInstance } from 'fastify';
import type { Browser, Page } from 'playwright-core';
import type { ServerOptions } from '../../lib/serving';
import { launchBrowser } from '../helpers/browser';
import { get, greyServer, picture } from './requests';

describe('the page', function () {
  this.timeout(120_000);
  let browser: Browser;
  let page: Page;
  let close: () => Promise<void>;
  /** What the browser asked of anyone else, and what it complained about. */
  const strangers: string[] = [];
  const complaints: string[] = [];

  before(async function () {
    browser = await launchBrowser(this);
  });

  after(() => browser?.close());

  async function open(options: Partial<ServerOptions> = {}): Promise<void> {
    const { server, ...opened } = await greyServer(options);
    const url = await server.listen({ host: '127.0.0.1', port: 0 });
    page = await browser.newPage();
    page.on('request', (request) => {
      if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(url))
        strangers.push(request.url());
    });
    page.on('pageerror', ({ message }) => complaints.push(message));
    page.on('console', (message) => {
      if (message.type() === 'error' && !/status of 4/.test(message.text())) complaints.push(message.text());
    });
    close = async () => {
      await page.close();
      await opened.close();
    };
    await page.goto(url);
  }

  afterEach(async () => {
    await close?.();
    assert.deepEqual([strangers, complaints], [[], []]);
  });

  const answer = () => page.locator('#answer').textContent();
  const status = () => page.locator('#status').textContent();
  const answered = () => page.locator('#result').waitFor();

  async function choose(value: number): Promise<void> {
    const file = { name: 'a.png', mimeType: 'image/png', buffer: await picture(value) };
    await page.setInputFiles('#file', file);
    await answered();
  }

  /** Gives the page a picture as dragging or pasting does. */
  async function give(event: 'drop' | 'paste', value: number): Promise<void> {
    const bytes = [...(await picture(value))];
    await page.waitForFunction(() => document.querySelector('#about')?.textContent?.includes('2 things'));
    await page.evaluate(
      ({ event, bytes }) => {
        const data = new DataTransfer();
        data.items.add(new File([Uint8Array.from(bytes)], 'a.png', { type: 'image/png' }));
        const init = { bubbles: true, cancelable: true };
        const made =
          event === 'drop'
            ? new DragEvent(event, { ...init, dataTransfer: data })
            : new ClipboardEvent(event, { ...init, clipboardData: data });
        document.body.dispatchEvent(made);
      },
      { event, bytes },
    );
    await answered();
  }

  it('says what it knows, and names a picture that is chosen', async () => {
    await open();
    await page.waitForFunction(() => document.querySelector('#about')?.textContent?.includes('dark, bright'));
    await choose(204);
    assert.equal(await answer(), 'A bright, 80.0 %');
    assert.deepEqual(await page.locator('#bars li').allTextContents(), ['bright80.0 %', 'dark20.0 %']);
    assert.match(
      (await page.locator('#facts').textContent()) ?? '',
      /^grey, version 1, on tensorflow; \d+ ms/,
    );
  });

  it('shows the pixels that the network sees', async () => {
    await open();
    await choose(204);
    const seen = page.locator('#seen');
    assert.equal(await seen.evaluate((image: HTMLImageElement) => image.naturalWidth), 2);
    assert.match((await page.locator('#seen-text').textContent()) ?? '', /2 x 2 pixels/);
  });

  it('takes a picture that is dropped anywhere, or pasted', async () => {
    await open();
    await give('drop', 51);
    assert.equal(await answer(), 'A dark, 80.0 %');
    await give('paste', 255);
    await page.waitForFunction(() => document.querySelector('#answer')?.textContent === 'A bright, 100.0 %');
  });

  it('says why the server refuses a file', async () => {
    await open();
    await page.waitForFunction(() => document.querySelector('#about')?.textContent?.includes('2 things'));
    const file = { name: 'a.png', mimeType: 'image/png', buffer: Buffer.from('no picture') };
    await page.setInputFiles('#file', file);
    await page.locator('#status.wrong').waitFor();
    assert.match((await status()) ?? '', /refused the picture: expected a JPEG, PNG or WebP picture/);
  });

  it('asks for the token where there is one', async () => {
    await open({ token: 'secret' });
    await page.locator('#token').fill('secret');
    await page.locator('#token').press('Enter');
    await page.waitForFunction(() => document.querySelector('#about')?.textContent?.includes('2 things'));
    await choose(0);
    assert.equal(await answer(), 'A dark, 100.0 %');
  });

  it('can be used with the keyboard, and names everything for a screen reader', async () => {
    await open();
    const opened = page.waitForEvent('filechooser'); // well before: the browser is told to pass it on
    await page.keyboard.press('Tab');
    await page.waitForFunction(() => document.activeElement?.id === 'file');
    await page.waitForFunction(() => document.querySelector('#about')?.textContent?.includes('2 things'));
    await page.keyboard.press('Space');
    const chooser = await opened;
    await chooser.setFiles({ name: 'a.png', mimeType: 'image/png', buffer: await picture(0) });
    await answered();
    const unnamed = await page.evaluate(() =>
      [...document.querySelectorAll('img:not([alt]), button:empty, input:not(label input)')].map(
        ({ outerHTML }) => outerHTML,
      ),
    );
    assert.deepEqual(unnamed, []);
    assert.equal(await page.locator('#status').getAttribute('role'), 'status');
  });

  it('fits a telephone', async () => {
    await open();
    await page.setViewportSize({ width: 320, height: 640 });
    await choose(0);
    const { width, scroll } = await page.evaluate(() => ({
      width: document.documentElement.clientWidth,
      scroll: document.documentElement.scrollWidth,
    }));
    assert.equal(scroll, width);
  });
});

describe('the files of the page', () => {
  let server: FastifyInstance;
  let close: () => Promise<void>;

  before(async () => {
    ({ server, close } = await greyServer({ token: 'secret' }));
  });

  after(() => close());

  it('are open to all, since the page asks for the token', async () => {
    for (const [url, type] of [
      ['/', /^text\/html/],
      ['/page.css', /^text\/css/],
      ['/comparison.css', /^text\/css/],
      ['/page.js', /^text\/javascript/],
      ['/bars.js', /^text\/javascript/],
      ['/browser-network.js', /^text\/javascript/],
      ['/comparison.js', /^text\/javascript/],
      ['/network-worker.js', /^text\/javascript/],
      ['/samples', /^application\/json/],
    ] as const) {
      const answer = await server.inject({ url });
      assert.equal(answer.statusCode, 200, url);
      assert.match(String(answer.headers['content-type']), type);
    }
  });

  it('have samples only for the classes of a dataset of the course', async () => {
    const { body } = await get(server, '/samples');
    assert.deepEqual(body.samples, []);
  });
});
