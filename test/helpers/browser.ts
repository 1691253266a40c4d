import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Context } from 'mocha';
import { type Browser, chromium } from 'playwright-core';

/** For `before`: the browser of `CHROMIUM_PATH`, or where systems install it; skips the tests where there is none. */
export async function launchBrowser(
  context: Context,
  { args = [] }: { readonly args?: readonly string[] } = {},
): Promise<Browser> {
  const executablePath = findBrowser();
  if (!executablePath) {
    console.warn(
      '    skipped: no Chromium found; install it (Debian: apt install chromium) or set CHROMIUM_PATH',
    );
    context.skip();
  }
  return chromium.launch({ executablePath, args: ['--no-sandbox', ...args] });
}

function findBrowser(): string | undefined {
  const folders = (process.env.PATH ?? '').split(':');
  const names = ['chromium', 'chromium-browser', 'google-chrome'];
  const candidates = names.flatMap((file) => folders.map((folder) => join(folder, file)));
  return [process.env.CHROMIUM_PATH ?? '', ...candidates].find((path) => path !== '' && existsSync(path));
}
