// The client of build-image.sh: node try-image.mjs PID, in the network of the container whose process 1 is PID here. Waits
// until the server is ready, asks it, runs the image's HEALTHCHECK inside, and tells it to end while it answers.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';

const address = 'http://127.0.0.1:8501';
const pid = Number(process.argv[2]);
const { TOKEN: token, IMAGE: image = '' } = process.env;
const agent = new Agent({ keepAlive: false }); // a connection is a request, and is accepted or not
const picture = await sharp({
  create: { width: 640, height: 480, channels: 3, background: { r: 9, g: 99, b: 200 } },
})
  .png()
  .toBuffer();

/**
 * @param {string} path
 * @param {{ method?: string, body?: Buffer, headers?: Record<string, string> }} [options]
 * @returns {Promise<{ status: number, text: string }>}
 */
function ask(path, { method = 'GET', body, headers = { authorization: `Bearer ${token}` } } = {}) {
  return new Promise((resolve, reject) => {
    const sent = request(`${address}${path}`, { method, agent, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part) => {
        text += part;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text })).on('error', reject);
    });
    sent.on('error', reject).end(body);
  });
}

function healthCheck() {
  const { Test } = JSON.parse(readFileSync(image, 'utf8')).Docker.config.Healthcheck;
  const [kind, ...command] = Test;
  assert.equal(kind, 'CMD');
  const inside = ['-t', String(pid), '--mount', '--net', '--pid', '--root', '-S', '10001', '-G', '10001'];
  return spawnSync('nsenter', [...inside, ...command], { env: { PATH: '/usr/local/bin:/usr/bin:/bin' } })
    .status;
}

/** Of the server and its workers, in MB: now and at most. */
function memory() {
  const all = [pid, ...childrenOf(pid)].map((each) => readFileSync(`/proc/${each}/status`, 'utf8'));
  const sum = (/** @type {string} */ field) =>
    Math.round(
      all.reduce((total, text) => total + Number(new RegExp(`${field}:\\s+(\\d+)`).exec(text)?.[1]), 0) /
        1024,
    );
  return { processes: all.length, residentMB: sum('VmRSS'), mostMB: sum('VmHWM') };
}

/** @param {number} parent @returns {number[]} */
function childrenOf(parent) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((each) => {
      try {
        return new RegExp(`^PPid:\\s+${parent}$`, 'm').test(readFileSync(`/proc/${each}/status`, 'utf8'));
      } catch {
        return false; // it has ended meanwhile
      }
    });
}

const started = performance.now();
let unhealthy = 0;
while ((await ask('/v2/health/ready').catch(() => ({ status: 0 }))).status !== 200) {
  if (unhealthy === 0) unhealthy = healthCheck() ?? 0;
  assert.ok(existsSync(`/proc/${pid}`), 'the server has ended');
  assert.ok(performance.now() - started < 120_000, 'the server is not ready after two minutes');
  await sleep(50);
}
console.log(`ready after ${((performance.now() - started) / 1000).toFixed(1)} s`);
assert.deepEqual([unhealthy, healthCheck()], [1, 0], 'the health check says 1 before, and 0 when ready');

const post = { method: 'POST', body: picture };
assert.equal((await ask('/predict', { ...post, headers: {} })).status, 401);
const { status, text } = await ask('/predict?top=1', post);
assert.equal(status, 200, text);
console.log(`POST /predict: ${text}`);
for (const path of ['/', '/page.js', '/docs/', '/openapi.json', '/metrics', '/v1/models/baseline-cifar10'])
  assert.equal((await ask(path)).status, 200, path);
console.log('memory', memory());

let answered = 0;
const clients = Array.from({ length: 16 }, async () => {
  for (;;) {
    const answer = await ask('/predict', post).catch(
      (/** @type {NodeJS.ErrnoException} */ error) => error.code,
    );
    if (answer === 'ECONNREFUSED' || answer === 'ECONNRESET') return answer;
    assert.ok(typeof answer === 'object' && answer.status === 200, JSON.stringify(answer));
    if (++answered === 500) {
      console.log('memory under load', memory());
      process.kill(pid, 'SIGTERM');
    }
  }
});
const ends = await Promise.all(clients);
console.log(`SIGTERM after 500 of ${answered} answers, all 200; then ${[...new Set(ends)].join(', ')}`);
