/*
 * What happens to the requests of others when something goes wrong with `course serve`: a worker is killed, the server told
 * to end, the model replaced by good and bad ones, uploads broken off, ten thousand connections held open; and how much
 * memory it takes over ten minutes. Writes data/benchmarks/serving-faults.json. A quarter of an hour; Linux.
 *
 *     npm run record:faults [NAME...]
 */
import { type ChildProcess, fork } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeFileAtomically } from '../../../lib/atomic-file';
import { useBackend } from '../../../lib/backend';
import { loadDataset } from '../../../lib/data';
import { courseRoot, dataFolder } from '../../../lib/paths';
import { describeEnvironment } from '../../../lib/runs/environment';
import { makePayloads } from '../load/payloads';
import { ServerProcess } from './server-process';
import { type Call, Traffic } from './traffic';

const source = join(dataFolder(), 'pretrained', 'baseline-cifar10');
const name = 'baseline-cifar10';
const minutes = Number(process.env.MINUTES ?? 10);

const faults = {
  /** Five times the only worker is killed. */
  async workerKilled(calls: readonly Call[]) {
    const server = await ServerProcess.start([source]);
    const traffic = new Traffic(server.address, calls, { clients: 64 });
    const killed: number[] = [];
    for (let i = 0; i < 5; i++) {
      await sleep(3000);
      const [worker] = server.workers;
      if (worker) process.kill(worker, 'SIGKILL');
      if (worker) killed.push(worker);
    }
    await sleep(3000);
    return { ...(await traffic.stop()), killed: new Set(killed).size, exitCode: await server.terminate() };
  },

  /**
   * Ten servers are told to end while 64 clients ask them, which keep their connections at every other one. What a server
   * accepted is in its log; connections that wait to be taken when it stops listening break off without having been read.
   */
  async terminated(calls: readonly Call[]) {
    const outcomes: { accepted: number; answered: number; untaken: number; exitCode: number | null }[] = [];
    for (let i = 0; i < 10; i++) {
      const server = await ServerProcess.start([source, '--engine', 'onnx']);
      const traffic = new Traffic(server.address, calls, { clients: 64, keepAlive: i % 2 === 0 });
      await sleep(2000);
      const exitCode = await server.terminate();
      const { answers, lost } = await traffic.stop();
      const total = (counts: Readonly<Record<string, number>>) =>
        Object.values(counts).reduce((sum, count) => sum + count, 0);
      outcomes.push({ accepted: total(server.logged), answered: total(answers), untaken: lost, exitCode });
    }
    return outcomes;
  },

  /** Every three seconds a new version is copied in while it is served; every second one was cut off, as by a full disk. */
  async modelSwapped(calls: readonly Call[]) {
    const folder = mkdtempSync(join(tmpdir(), 'versions-'));
    const add = (version: number, { cut = false } = {}): void => {
      const target = join(folder, name, String(version));
      mkdirSync(target, { recursive: true });
      cpSync(join(source, 'model'), target, { recursive: true });
      if (cut) truncateSync(join(target, 'weights.bin'), 100_000);
    };
    add(1);
    const server = await ServerProcess.start([folder, '--engine', 'onnx']);
    const versions = new Map<string, number>();
    const seen = (body: Buffer): void => {
      const version = /"(?:model_)?version":"?(\d+)/.exec(body.toString())?.[1];
      if (version) versions.set(version, (versions.get(version) ?? 0) + 1);
    };
    const traffic = new Traffic(server.address, calls, { clients: 64, onAnswer: seen });
    for (let version = 2; version <= 7; version++) {
      await sleep(5000);
      add(version, { cut: version % 2 === 1 });
    }
    await sleep(8000);
    const outcome = await traffic.stop();
    const status = await (await fetch(`${server.address}/v1/models/${name}`)).json();
    const exitCode = await server.terminate();
    rmSync(folder, { recursive: true });
    return { ...outcome, answersOfVersion: Object.fromEntries(versions), status, exitCode };
  },

  /** 2,000 uploads of which only half arrives. */
  async uploadsBrokenOff(calls: readonly Call[]) {
    const server = await ServerProcess.start([source, '--engine', 'onnx']);
    const traffic = new Traffic(server.address, calls, { clients: 16 });
    await sleep(3000);
    const before = { ...server.memoryMB, openFiles: server.openFiles };
    for (let i = 0; i < 100; i++)
      await Promise.all(Array.from({ length: 20 }, () => breakOff(server.address)));
    const outcome = await traffic.stop();
    await sleep(1000);
    const after = { ...server.memoryMB, openFiles: server.openFiles };
    return { ...outcome, before, after, exitCode: await server.terminate() };
  },

  /** 10,000 connections that each announce 100 kB and send a byte a second. */
  async slowConnections(calls: readonly Call[]) {
    const server = await ServerProcess.start([source, '--engine', 'onnx']);
    const { port } = new URL(server.address);
    const alone = new Traffic(server.address, calls, { clients: 16 });
    await sleep(10_000);
    const undisturbed = await alone.stop();
    const before = { ...server.memoryMB, openFiles: server.openFiles };
    const traffic = new Traffic(server.address, calls, { clients: 16 });
    const slow = fork(join(__dirname, 'slow-connections.cjs'), [port, '10000', '100000']);
    const states = collect(slow);
    let most = before;
    for (let second = 0; second < 60; second++) {
      await sleep(1000);
      const { memoryMB, openFiles } = server;
      if (openFiles > most.openFiles) most = { ...memoryMB, openFiles };
    }
    const outcome = await traffic.stop();
    const state = states.at(-1);
    slow.kill();
    await sleep(3000);
    const after = { ...server.memoryMB, openFiles: server.openFiles };
    return { ...outcome, undisturbed, before, most, after, slow: state, exitCode: await server.terminate() };
  },

  /** Everything at once for some minutes: pictures, JSON, tensors, and requests that are wrong. */
  async memory(calls: readonly Call[]) {
    const server = await ServerProcess.start([source]);
    const wrong: Call[] = [
      { path: '/predict', body: Buffer.from('no picture') },
      { path: `/v1/models/${name}:predict`, body: Buffer.from('{"instances": [[1]]}') },
      { path: '/nowhere', body: Buffer.alloc(10_000) },
    ];
    const traffic = new Traffic(server.address, [...calls, ...calls, ...wrong], { clients: 16 });
    const samples: { readonly seconds: number; readonly server: number; readonly workers: number }[] = [];
    for (let seconds = 10; seconds <= minutes * 60; seconds += 10) {
      await sleep(10_000);
      samples.push({ seconds, ...server.memoryMB });
    }
    const outcome = await traffic.stop();
    const mean = (part: typeof samples) =>
      Math.round(part.reduce((sum, each) => sum + each.server + each.workers, 0) / part.length);
    const third = Math.floor(samples.length / 3);
    const meanMB = {
      firstThird: mean(samples.slice(0, third)),
      secondThird: mean(samples.slice(third, 2 * third)),
      lastThird: mean(samples.slice(2 * third)),
    };
    return { ...outcome, minutes, meanMB, samples, exitCode: await server.terminate() };
  },
};

/** The half of an upload, then nothing. */
function breakOff(address: string): Promise<void> {
  const { port } = new URL(address);
  return new Promise((resolve) => {
    const socket = connect(Number(port), '127.0.0.1', () => {
      socket.write('POST /predict HTTP/1.1\r\nhost: localhost\r\ncontent-length: 200000\r\n\r\n');
      socket.write(Buffer.alloc(100_000), () => socket.destroy());
    });
    socket.on('error', () => undefined).on('close', () => resolve());
  });
}

function collect(child: ChildProcess): unknown[] {
  const messages: unknown[] = [];
  child.on('message', (message) => messages.push(message));
  return messages;
}

async function main(): Promise<void> {
  const backend = await useBackend();
  const { test } = await loadDataset('cifar10');
  const calls = (await makePayloads(test, { model: name })).map(({ ours }) => ours);
  const file = join(courseRoot(), 'data', 'benchmarks', 'serving-faults.json');
  const results = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  const wanted = process.argv.slice(2);
  for (const [fault, run] of Object.entries(faults)) {
    if (wanted.length > 0 && !wanted.includes(fault)) continue;
    results[fault] = await run(calls);
    const { samples, ...shown } = results[fault];
    console.log(fault, JSON.stringify(shown));
    results.environment = describeEnvironment(backend);
    await writeFileAtomically(file, `${JSON.stringify(results, null, 1)}\n`);
  }
}

void main();
