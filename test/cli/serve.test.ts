import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import sharp from 'sharp';
import { courseRoot } from '../../lib/paths';
import { assertEnds } from '../helpers/processes';

const baseline = join(courseRoot(), 'data', 'pretrained', 'baseline-cifar10');

describe('course serve', () => {
  const children: ChildProcess[] = [];

  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL'); // after a failure
  });

  /** The command in a process of its own, from source. */
  function serve(
    args: readonly string[],
    env: NodeJS.ProcessEnv = {},
    stderr: 'pipe' | number = 'pipe',
  ): ChildProcess {
    const script = `require('./lib/cli/main').main(['node', 'course', 'serve', ...${JSON.stringify(args)}])`;
    const child = spawn(process.execPath, ['-r', 'ts-node/register/transpile-only', '-e', script], {
      cwd: courseRoot(),
      env: { ...process.env, COURSE_TOKEN: undefined, ...env },
      stdio: ['ignore', 'pipe', stderr],
    });
    children.push(child);
    return child;
  }

  /** Its address, once it is ready; and the lines of its log, as they come. */
  async function started(child: ChildProcess) {
    const log: Record<string, unknown>[] = [];
    if (!child.stdout) return assert.fail('no output');
    if (child.stderr)
      createInterface(child.stderr).on('line', (line) => {
        if (line.startsWith('{')) log.push(JSON.parse(line));
      });
    let address = '';
    for await (const line of createInterface(child.stdout)) {
      address = /listening at (\S+),/.exec(line)?.[1] ?? address;
      if (line.startsWith('ready: ')) return { address, log };
    }
    return assert.fail('it ended before it was ready');
  }

  it('answers every request it has accepted when it is told to end, and ends well', async () => {
    const child = serve([baseline, '--port', '0', '--engine', 'onnx']);
    const { address, log } = await started(child);
    const background = { r: 9, g: 99, b: 200 };
    const picture = await sharp({ create: { width: 64, height: 64, channels: 3, background } })
      .png()
      .toBuffer();
    const agent = new Agent({ keepAlive: false }); // a connection is a request, and is accepted or not
    let answered = 0;
    let refused = 0;
    const client = async (): Promise<void> => {
      for (;;) {
        const status = await send(`${address}/predict`, picture, agent).catch(() => 0);
        if (status === 0) {
          refused++;
          return;
        }
        assert.equal(status, 200);
        if (++answered === 100) child.kill('SIGTERM');
      }
    };
    const exited = once(child, 'exit');
    const closed = once(child, 'close');
    await Promise.all(Array.from({ length: 16 }, client));
    assert.deepEqual(await exited, [0, null]);
    await closed;
    assert.ok(answered >= 100 && refused === 16, `${answered} ${refused}`);
    // What the server has taken, it has answered, and the clients have got all of it.
    const lines = log.filter(({ msg }) => msg === 'request');
    assert.deepEqual(
      [lines.length, new Set(lines.map(({ statusCode }) => statusCode))],
      [answered, new Set([200])],
    );
  }).timeout(120_000);

  it('goes on answering when its log has no room left', async function () {
    if (process.platform !== 'linux') this.skip(); // has no /dev/full
    const full = openSync('/dev/full', 'w');
    const child = serve([baseline, '--port', '0', '--engine', 'onnx'], {}, full);
    closeSync(full);
    const { address } = await started(child);
    for (let i = 0; i < 3; i++) assert.equal((await fetch(`${address}/v2`)).status, 200);
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    assert.deepEqual(await exited, [0, null]);
  }).timeout(120_000);

  it('leaves no worker behind when it is killed', async function () {
    if (process.platform !== 'linux') this.skip(); // `ps` differs
    const child = serve([baseline, '--port', '0', '--engine', 'onnx']);
    const { address } = await started(child);
    assert.equal((await fetch(`${address}/readyz`)).status, 200);
    const workers = await childrenOf(child.pid ?? 0);
    assert.equal(workers.length, 1);
    child.kill('SIGKILL');
    await assertEnds(workers[0]);
  }).timeout(120_000);

  it('does not listen to other machines without a token, and keeps the token to itself', async () => {
    assert.match(
      await failureOf(serve([baseline, '--host', '0.0.0.0'])),
      /course: 0\.0\.0\.0: other machines/,
    );
    const short = serve([baseline, '--port', '0'], { COURSE_TOKEN: 'short' });
    const failure = await failureOf(short);
    assert.match(failure, /COURSE_TOKEN: expected at least 16 characters, got 5/);
    assert.doesNotMatch(failure, /short;/);
  }).timeout(120_000);

  it('says what is wrong with a folder without a model, and ends', async () => {
    const child = serve([join(courseRoot(), 'notebooks'), '--port', '0', '--log-level', 'silent']);
    assert.match(await failureOf(child), /notebooks: there is no model here/);
  }).timeout(120_000);

  /** The standard error of a command that must end with 1. */
  async function failureOf(child: ChildProcess): Promise<string> {
    let text = '';
    child.stderr?.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
    const [code] = await once(child, 'close');
    assert.equal(code, 1, text);
    return text;
  }
});

function send(url: string, body: Buffer, agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    const call = request(url, { method: 'POST', agent }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0));
      response.on('error', reject);
    });
    call.on('error', reject).end(body);
  });
}

async function childrenOf(pid: number): Promise<number[]> {
  const ps = spawn('ps', ['-o', 'pid=', '--ppid', String(pid)]);
  let text = '';
  ps.stdout.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  await once(ps, 'close');
  return text.trim().split(/\s+/).map(Number);
}
