import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readNpmConfig } from '../../../lib/data/download/npm-config';
import { inFolder } from './tools';

describe('readNpmConfig', () => {
  it('takes registry, cache, proxies and certificates from npm', () =>
    inFolder(async (folder) => {
      const certificate = (letter: string) =>
        `-----BEGIN CERTIFICATE-----\n${letter.repeat(64)}\n-----END CERTIFICATE-----`;
      const cafile = join(folder, 'ca.pem');
      writeFileSync(cafile, `# first\n${certificate('A')}\n\n# second\n${certificate('B')}\n`);
      const ask = async () => ({
        registry: 'https://mirror.example/npm/',
        cache: '/somewhere/npm',
        cafile,
        proxy: null,
        'https-proxy': 'http://proxy.example:8080/',
        noproxy: ['localhost', 'example.org'],
        'strict-ssl': false,
      });
      assert.deepEqual(await readNpmConfig({ ask, env: {} }), {
        registry: 'https://mirror.example/npm/',
        cache: '/somewhere/npm',
        ca: [certificate('A'), certificate('B')],
        proxy: undefined,
        httpsProxy: 'http://proxy.example:8080/',
        noProxy: 'localhost,example.org',
        strictSsl: false,
      });
    }));

  it('falls back to the environment and to npm defaults where npm cannot be asked', async () => {
    const ask = async () => {
      throw new Error('spawn npm ENOENT');
    };
    const env = { npm_config_https_proxy: 'http://proxy.example/', npm_config_noproxy: '' };
    const config = await readNpmConfig({ ask, env });
    assert.equal(config.registry, 'https://registry.npmjs.org/');
    assert.equal(config.httpsProxy, 'http://proxy.example/');
    assert.equal(config.noProxy, undefined);
    assert.equal(config.ca, undefined);
    assert.equal(config.strictSsl, true);
    assert.equal((await readNpmConfig({ ask, env: { npm_config_strict_ssl: 'false' } })).strictSsl, false);
    assert.match(config.cache, /\.npm$/);
  });

  it('asks the npm of this machine', async () => {
    const { registry, cache } = await readNpmConfig();
    assert.match(registry, /^https?:/);
    assert.ok(cache.length > 1);
  });
});
