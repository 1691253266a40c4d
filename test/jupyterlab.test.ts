import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Browser, Locator, Page } from 'playwright-core';
import { loadChapter, questionOf } from '../lib/grading/chapter';
import { codeCells, type Notebook, readNotebook } from '../lib/grading/nbformat';
import { stderrText } from '../lib/grading/outputs';
import { sandboxProblem } from '../lib/grading/sandbox/bubblewrap';
import { solvedSource } from '../lib/grading/solution';
import { courseRoot, stateFolder } from '../lib/paths';
import { launchBrowser } from './helpers/browser';

const chapter = join(courseRoot(), 'notebooks', '04-baseline-cnn.ipynb');
// JupyterLab saves what it runs, so it gets a copy, in the folder where the chapter's imports and paths are the same.
const name = `jupyterlab-test-${process.pid}.ipynb`;
const copy = join(courseRoot(), 'notebooks', name);
const exercises = copy.replace('.ipynb', '-02-normalization.ipynb');
// Which tabs are open is kept in a workspace; the user's stays as it is.
const workspaces = join(stateFolder(), `jupyterlab-test-${process.pid}`);
const screenshots = join(stateFolder(), 'screenshots');

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}

describe('JupyterLab', function () {
  this.timeout(600_000);
  let server: ChildProcess | undefined;
  let browser: Browser | undefined;
  let page: Page;
  let url: string;
  let token: string;
  const strangers: string[] = [];

  before(async function () {
    browser = await launchBrowser(this);
    copyFileSync(chapter, copy);
    copyFileSync(join(courseRoot(), 'notebooks', '02-normalization.ipynb'), exercises);
    const port = await freePort();
    token = randomUUID();
    url = `http://127.0.0.1:${port}`;
    server = await startJupyter(port, token);
    page = await browser.newPage({ viewport: { width: 1280, height: 1000 } });
    page.on('request', (request) => {
      const { protocol, origin } = new URL(request.url());
      if (protocol.startsWith('http') && origin !== url) strangers.push(request.url());
    });
    await page.goto(`${url}/lab/tree/notebooks/${name}?token=${token}`);
  });

  after(async () => {
    await browser?.close();
    if (server) await stop(server);
    for (const path of [copy, exercises]) rmSync(path, { force: true });
    rmSync(workspaces, { recursive: true, force: true });
  });

  it('opens a chapter, starts its kernel and asks nothing', async () => {
    await page.locator('.jp-Notebook').waitFor({ timeout: 60_000 });
    await sleep(2000); // for dialogs that come late, such as which kernel to start
    assert.deepEqual(await interruptions(page), []);
    await kernelIdle(page);
    await screenshot(page, 'opened');
    assert.deepEqual(await interruptions(page), []);
  });

  it('runs all of its cells without an error', async () => {
    await page.locator('.lm-MenuBar-itemLabel', { hasText: /^Run$/ }).click();
    await page.locator('.lm-Menu-itemLabel', { hasText: /^Run All Cells$/ }).click();
    const notebook = await finished(page, copy);
    await screenshot(page, 'run');
    const code = codeCells(notebook);
    assert.deepEqual(
      code.map(({ execution_count }) => execution_count),
      code.map((_, at) => at + 1),
    );
    assert.deepEqual(
      code.map(({ outputs }) => stderrText(outputs)).filter((text) => text !== ''),
      [],
    );
    assert.ok(code.some(({ outputs }) => outputs.length > 0));
    assert.deepEqual(await interruptions(page), []);
  });

  it('draws the figures, and needs nothing from other hosts', async () => {
    const images = await drawn(page);
    const outputs = codeCells(readNotebook(copy)).flatMap((cell) => cell.outputs);
    const figures = outputs.filter((output) => output.output_type === 'display_data');
    assert.ok(figures.length > 0 && images > 0, `${images} of ${figures.length} figures drawn`);
    assert.deepEqual(strangers, []);
  });

  it('takes an answer to an exercise, says that its tests pass, and saves what is then graded', async () => {
    const answer = loadChapter('02').cells.find((cell) => questionOf(cell) === 'q2.1');
    assert.ok(answer && browser);
    await page.close();
    page = await browser.newPage({ viewport: { width: 1280, height: 1000 } });
    // A workspace of its own: the other one would open its notebook beside this one.
    const lab = `${url}/lab/workspaces/exercises`;
    await page.goto(`${lab}/tree/notebooks/${basename(exercises)}?token=${token}`);
    await kernelIdle(page);
    await runCell(page, codeCell(page, 'import { check }'));
    const [exercise, check] = [codeCell(page, 'function scale('), codeCell(page, "await check('q2.1')")];
    await runCell(page, exercise);
    await runCell(page, check);
    await check.getByText('q2.1: not implemented yet').waitFor({ timeout: 60_000 });

    await exercise.locator('.cm-content').click();
    await page.keyboard.press('Control+A');
    await page.keyboard.insertText(solvedSource(answer));
    await runCell(page, exercise);
    await runCell(page, check);
    await check
      .getByText(/q2\.1: 1 of 1 public test passes; 1 hidden test runs at grading/)
      .waitFor({ timeout: 60_000 });
    await screenshot(page, 'exercise');
    await finished(page, exercises);

    // The answer is the course's own, so it may run where nothing can be kept apart.
    const unsafe = sandboxProblem() === undefined ? [] : ['--unsafe'];
    const command = [join(courseRoot(), 'lib', 'bin.js'), 'grade', exercises, ...unsafe];
    const { stdout } = await promisify(execFile)(process.execPath, command);
    assert.match(stdout, /^02-normalization: 1 of 10 points\n {2}q2\.1: 1 of 1\n/m);
    assert.match(stdout, /^ {2}q2\.2: 0 of 3$/m);
  });
});

/** The code cell with this text, scrolled to. */
function codeCell(page: Page, text: string): Locator {
  return page.locator('.jp-Notebook .jp-CodeCell', { has: page.locator('.jp-InputArea', { hasText: text }) });
}

/** Selects a cell and runs it, until it has run. */
async function runCell(page: Page, cell: Locator): Promise<void> {
  const prompt = cell.locator('.jp-InputPrompt');
  await prompt.click();
  const before = await prompt.textContent();
  await page.keyboard.press('Control+Enter');
  for (let i = 0; i < 600; i++) {
    const now = (await prompt.textContent()) ?? '';
    if (now !== before && /\d/.test(now)) return;
    await sleep(100);
  }
  throw new Error(`a cell did not end: ${await cell.textContent()}`);
}

/** JupyterLab as `npm start` starts it, once it answers. */
async function startJupyter(port: number, token: string): Promise<ChildProcess> {
  const options = {
    'ServerApp.port': port,
    'IdentityProvider.token': token,
    'LabApp.workspaces_dir': workspaces,
  };
  const args = ['--no-browser', ...Object.entries(options).map(([key, value]) => `--${key}=${value}`)];
  const child = spawn(process.execPath, [join(courseRoot(), 'lib', 'setup', 'start.mjs'), ...args], {
    cwd: courseRoot(),
    env: { ...process.env, COURSE_PROFILE: 'quick' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (log += chunk));
  for (let i = 0; i < 600; i++) {
    if (child.exitCode !== null) break;
    const answer = await fetch(`http://127.0.0.1:${port}/api/status?token=${token}`).catch(() => undefined);
    if (answer?.ok) return child;
    await sleep(500);
  }
  await stop(child);
  throw new Error(`JupyterLab does not start:\n${log}`);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  await Promise.race([ended, sleep(20_000, undefined, { ref: false }).then(() => child.kill('SIGKILL'))]);
}

async function kernelIdle(page: Page): Promise<void> {
  await page.locator('.jp-Toolbar-kernelName', { hasText: 'TypeScript' }).waitFor({ timeout: 60_000 });
  const indicator = '.jp-NotebookPanel-toolbar .jp-Notebook-ExecutionIndicator[data-status="idle"]';
  await page.locator(indicator).waitFor({ timeout: 120_000 });
}

/** Waits until no cell waits or runs any more, saves, and reads the file. */
async function finished(page: Page, path: string): Promise<Notebook> {
  const busy = page.locator('.jp-InputPrompt', { hasText: '*' });
  for (let quiet = 0; quiet < 3; ) {
    await sleep(1000);
    quiet = (await busy.count()) === 0 ? quiet + 1 : 0;
  }
  await kernelIdle(page);
  await page.keyboard.press('Control+S');
  await page
    .locator('.lm-TabBar-tab.lm-mod-current.jp-mod-dirty')
    .waitFor({ state: 'detached', timeout: 30_000 });
  return readNotebook(path);
}

/** The text of every dialog and notification that is open. */
async function interruptions(page: Page): Promise<readonly string[]> {
  return page.locator('.jp-Dialog, .Toastify__toast').allInnerTexts();
}

/** How many figures have a size on the page, from top to bottom: JupyterLab draws what is scrolled to. */
async function drawn(page: Page): Promise<number> {
  const figures = page.locator('.jp-OutputArea-output :is(img, svg.main-svg, canvas)');
  let count = 0;
  const cells = page.locator('.jp-Notebook .jp-CodeCell');
  for (let at = 0; at < (await cells.count()); at++) {
    await cells.nth(at).scrollIntoViewIfNeeded();
    if (at % 4 === 0) await screenshot(page, `cell-${String(at + 1).padStart(2, '0')}`);
  }
  for (const figure of await figures.all()) if ((await figure.boundingBox())?.height) count += 1;
  return count;
}

async function screenshot(page: Page, title: string): Promise<void> {
  mkdirSync(screenshots, { recursive: true });
  await page.screenshot({ path: join(screenshots, `jupyterlab-${title}.png`) });
}
