import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import sharp from 'sharp';
import { courseRoot } from '../../lib/paths';

const load = () => import('../../deploy/pack.mjs');
const model = join(courseRoot(), 'data', 'pretrained', 'baseline-cifar10');
const token = 'a-token-of-this-test';

describe('what goes into the container', () => {
  it('is what `course serve` loads, in the versions of the lock file', async () => {
    const { files, packages } = (await load()).contents();
    const { packages: locked } = JSON.parse(readFileSync(join(courseRoot(), 'package-lock.json'), 'utf8'));
    for (const { folder, version } of packages) assert.equal(version, locked[folder]?.version, folder);
    const has = (name: string) => packages.some(({ folder }) => folder === `node_modules/${name}`);
    for (const name of ['fastify', 'sharp', 'onnxruntime-node', '@tensorflow/tfjs-backend-wasm', 'commander'])
      assert.ok(has(name), name);
    assert.ok(files.includes(join('lib', 'dist', 'serving', 'worker.js')));
  });

  it('is nothing for development, notebooks, drawing or TensorFlow', async () => {
    const { packages } = (await load()).contents();
    const unwanted = /tslab|danfo|plotly|jsdom|canvas|zeromq|typescript|mocha|playwright|tfjs-node|\/webgpu$/;
    assert.deepEqual(
      packages.filter(({ folder }) => unwanted.test(folder)),
      [],
    );
    const files = packages.flatMap(({ folder, files }) => files.map((file) => `${folder}/${file}`));
    const platforms = files.filter((file) => /\/(win32|darwin|linux)\//.test(file));
    assert.ok(platforms.length > 0);
    assert.deepEqual(
      platforms.filter((file) => !file.includes(`/${process.platform}/${process.arch}/`)),
      [],
    );
    assert.deepEqual(
      files.filter((file) => /\.(ts|map)$/.test(file)),
      [],
    );
  });

  it('follows what compiled code requires and imports, and nothing that it only writes about', async () => {
    const { requiredBy } = await import('../../deploy/trace.mjs');
    const code = [
      `const a_1 = require("./a");`,
      `const node_fs_1 = require('node:fs');`,
      `await Promise.resolve().then(() => __importStar(require('onnxruntime-node')));`,
      `const b = await import('b/c');`,
      `dirname(require.resolve('@x/y/package.json'));`,
      `report('require(z)'); // import x from 'w'`,
    ];
    assert.deepEqual(
      [...requiredBy(code.join('\n'))],
      ['./a', 'onnxruntime-node', 'b/c', '@x/y/package.json'],
    );
  });

  describe('runs by itself', () => {
    let folder: string;
    let child: ChildProcess | undefined;
    before(async () => {
      folder = mkdtempSync(join(tmpdir(), 'course-packed-')); // no node_modules above it
      (await load()).pack(folder);
    });
    afterEach(() => child?.kill('SIGKILL')); // after a failure
    after(() => rmSync(folder, { recursive: true }));

    function serve(args: readonly string[], tokenFile: string): ChildProcess {
      child = spawn(process.execPath, [join(folder, 'deploy', 'serve.cjs'), model, '--port', '0', ...args], {
        cwd: folder,
        env: {
          ...process.env,
          NODE_ENV: 'production',
          COURSE_TOKEN: undefined,
          COURSE_TOKEN_FILE: tokenFile,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      return child;
    }

    for (const engine of ['onnx', 'wasm']) {
      it(`with the engine ${engine}: answers about a picture, with the token from a file`, async () => {
        const file = join(folder, 'token');
        writeFileSync(file, `${token}\n`);
        const server = serve(['--engine', engine, '--log-level', 'silent'], file);
        const address = await ready(server);
        const create = { width: 64, height: 48, channels: 3, background: { r: 9, g: 99, b: 200 } } as const;
        const body = new Uint8Array(await sharp({ create }).webp().toBuffer());
        assert.equal((await fetch(`${address}/predict`, { method: 'POST', body })).status, 401);
        const headers = { authorization: `Bearer ${token}` };
        const answer = await fetch(`${address}/predict?top=1`, { method: 'POST', body, headers });
        assert.equal(answer.status, 200);
        const { predictions } = (await answer.json()) as { readonly predictions: readonly object[] };
        assert.equal(predictions.length, 1);
        for (const path of [
          '/',
          '/page.js',
          '/docs/',
          '/docs/static/swagger-ui.css',
          '/openapi.json',
          '/metrics',
        ])
          assert.equal((await fetch(`${address}${path}`, { headers })).status, 200, path);
        const [{ name, version }] = (await (await fetch(`${address}/models`, { headers })).json()).models;
        const inBrowser = await fetch(`${address}/models/${name}/versions/${version}/browser`, { headers });
        const { library, model: network } = await inBrowser.json();
        for (const { url } of [network, ...Object.values<{ readonly url: string }>(library)])
          assert.equal((await fetch(`${address}/${url}`, { headers })).status, 200, url);
        const exited = once(server, 'exit');
        server.kill('SIGTERM');
        assert.deepEqual(await exited, [0, null]);
      }).timeout(120_000);
    }

    it('and says in one sentence that the file of the token is not there', async () => {
      const server = serve([], join(folder, 'none'));
      let said = '';
      server.stderr?.on('data', (part) => {
        said += part;
      });
      assert.deepEqual(await once(server, 'close'), [1, null]);
      assert.match(said, /^course: COURSE_TOKEN_FILE: cannot read .*none: ENOENT; .*\n$/);
    });
  });
});

/** Its address, once it is ready. */
async function ready(server: ChildProcess): Promise<string> {
  if (!server.stdout) return assert.fail('no output');
  let address = '';
  for await (const line of createInterface(server.stdout)) {
    address = /listening at (\S+),/.exec(line)?.[1] ?? address;
    if (line.startsWith('ready: ')) return address;
  }
  return assert.fail('it ended before it was ready');
}
