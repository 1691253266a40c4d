import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** The part of the user's npm configuration that a download needs. */
export interface NpmConfig {
  readonly registry: string;
  /** The folder of npm's own cache. */
  readonly cache: string;
  /** Certificates to trust, in PEM; absent for the ones built into Node. */
  readonly ca?: string | string[];
  readonly proxy?: string;
  readonly httpsProxy?: string;
  readonly noProxy?: string;
  readonly strictSsl: boolean;
}

/**
 * Reads npm's configuration as npm itself sees it (its files, the environment, its defaults). Where npm cannot be
 * asked, the `npm_config_*` variables and npm's defaults count.
 */
export async function readNpmConfig({
  ask = askNpm,
  env = process.env,
}: {
  ask?: () => Promise<unknown>;
  env?: NodeJS.ProcessEnv;
} = {}): Promise<NpmConfig> {
  const settings = asRecord(await ask().catch(() => undefined));
  const text = (key: string): string | undefined => {
    const value = settings[key] ?? env[`npm_config_${key.replaceAll('-', '_')}`];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const cafile = text('cafile');
  const noproxy = settings.noproxy;
  return {
    registry: text('registry') ?? 'https://registry.npmjs.org/',
    cache: text('cache') ?? join(homedir(), '.npm'),
    ca: cafile ? splitPem(await readFile(cafile, 'utf8')) : text('ca'),
    proxy: text('proxy'),
    httpsProxy: text('https-proxy'),
    noProxy: Array.isArray(noproxy) ? noproxy.join(',') || undefined : text('noproxy'),
    strictSsl: String(settings['strict-ssl'] ?? env.npm_config_strict_ssl) !== 'false',
  };
}

async function askNpm(): Promise<unknown> {
  // npm is a shell script on Windows; the arguments are constants, so a shell is safe.
  const run = promisify(execFile);
  const { stdout } = await run('npm', ['config', 'ls', '-l', '--json'], {
    shell: process.platform === 'win32',
    timeout: 20_000,
    maxBuffer: 1 << 24,
  });
  return JSON.parse(stdout);
}

function asRecord(value: unknown): Record<string, unknown> {
  return value !== null && typeof value === 'object' ? { ...value } : {};
}

/** One string for each certificate, as Node's TLS wants them. */
function splitPem(text: string): string[] {
  return text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
}
