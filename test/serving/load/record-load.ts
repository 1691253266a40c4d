/*
 * `course serve` beside Flask with Keras and FastAPI with ONNX Runtime: the same model, the same requests, the same
 * machine, in turns. The settings of each Python server are tried first with 64 connections, and its best one counts,
 * request by request. Writes data/benchmarks/serving.json. Half an hour a model; needs 2.7 GB for Python packages.
 *
 *     npm run record:serving [MODEL...]
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeFileAtomically } from '../../../lib/atomic-file';
import { useBackend } from '../../../lib/backend';
import { ratiosOf, type Spread, spreadOf } from '../../../lib/bench';
import { addPackages, preparePython } from '../../../lib/bench/python';
import { loadDataset } from '../../../lib/data';
import { exportClassifier, loadClassifier } from '../../../lib/interchange';
import { courseRoot, dataFolder } from '../../../lib/paths';
import { describeEnvironment } from '../../../lib/runs/environment';
import { type Contender, contenders, type Running } from './contenders';
import { makePayloads, type Payload, type Request } from './payloads';
import { type Load, shoot } from './shoot';

const models = ['baseline-cifar10', 'regularized-cifar10'];
const connectionCounts = [1, 16, 64];
const rounds = Number(process.env.ROUNDS ?? 5);
const seconds = Number(process.env.SECONDS ?? 6);
const trialSeconds = 3;

interface Entry {
  readonly family: Contender['family'];
  readonly contender: string;
  readonly payload: Payload['name'];
  readonly connections: number;
  readonly loads: readonly Load[];
}

async function main(): Promise<void> {
  const wanted = process.argv.slice(2);
  const file = join(courseRoot(), 'data', 'benchmarks', 'serving.json');
  const results = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  for (const model of models.filter((each) => wanted.length === 0 || wanted.includes(each))) {
    results[model] = await compare(model);
    await writeFileAtomically(file, `${JSON.stringify(results, null, 1)}\n`);
  }
}

async function compare(model: string) {
  const backend = await useBackend();
  const folder = mkdtempSync(join(tmpdir(), 'load-'));
  try {
    const options = await prepare(model, folder);
    const { test } = await loadDataset('cifar10');
    const payloads = await makePayloads(test, { model });
    const trials = await tryAll(contenders(options), payloads);
    const entries = await measure(bestOf(trials), payloads);
    console.log(`${model}\n${tableOf(entries)}`);
    return {
      environment: describeEnvironment(backend),
      how: `${rounds} rounds of ${seconds} s each, servers in turns, clients (autocannon) on the same machine`,
      packages: packagesOf(options.python),
      payloads: payloads.map(({ name, what }) => ({ name, what })),
      trials: trials.map(({ contender, payload, load }) => ({ contender: contender.name, payload, ...load })),
      entries: entries.map((entry) => ({ ...entry, ...spreads(entry) })),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The model in each server's format, and the Python environment of the others. */
async function prepare(model: string, folder: string) {
  const python = await preparePython((text) => console.error(text));
  await addPackages(join(__dirname, 'requirements.txt'));
  const source = join(dataFolder(), 'pretrained', model);
  const classifier = await loadClassifier(source);
  const keras = join(folder, 'model.keras');
  const onnx = join(folder, 'model.onnx');
  const description = join(folder, 'description.json');
  await exportClassifier(classifier, keras, { to: 'keras' });
  await exportClassifier(classifier, onnx, { to: 'onnx' });
  writeFileSync(description, JSON.stringify({ classNames: classifier.classNames }));
  return { model: source, keras, onnx, description, python, cores: availableParallelism() };
}

interface Trial {
  readonly contender: Contender;
  readonly payload: Payload['name'];
  readonly load: Load;
}

/** Every setting for a moment, alone. Its first answers are compared with ours. */
async function tryAll(all: readonly Contender[], payloads: readonly Payload[]): Promise<readonly Trial[]> {
  const trials: Trial[] = [];
  const expected = new Map<string, readonly number[]>();
  for (const contender of all) {
    const running = await contender.start();
    try {
      for (const payload of payloads) {
        const request = requestOf(payload, contender);
        requireSame(payload.name, await probabilities(running, request), expected);
        await shoot(running.address, request, { connections: 64, duration: 1 });
        const load = await shoot(running.address, request, { connections: 64, duration: trialSeconds });
        trials.push({ contender, payload: payload.name, load });
        console.error(`${contender.family}, ${contender.name}, ${payload.name}: ${inWords(load)}`);
      }
    } finally {
      await running.stop();
    }
  }
  return trials;
}

/** Of each family and payload the setting with the most requests a second. */
function bestOf(trials: readonly Trial[]): readonly Omit<Trial, 'load'>[] {
  const best = new Map<string, Trial>();
  for (const trial of trials) {
    const key = `${trial.contender.family} ${trial.payload}`;
    const other = best.get(key);
    if (!other || trial.load.requestsPerSecond > other.load.requestsPerSecond) best.set(key, trial);
  }
  return [...best.values()];
}

/** All rounds. The servers of one payload run side by side; only one of them is asked at a time. */
async function measure(
  chosen: readonly Omit<Trial, 'load'>[],
  payloads: readonly Payload[],
): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  for (const payload of payloads) {
    const mine = chosen.filter((trial) => trial.payload === payload.name).map(({ contender }) => contender);
    const servers = await Promise.all(mine.map((contender) => contender.start()));
    const loads = new Map<string, Load[]>();
    try {
      for (let round = 0; round < rounds; round++) {
        for (const connections of connectionCounts) {
          for (const [i, running] of servers.entries()) {
            const request = requestOf(payload, mine[i]);
            await shoot(running.address, request, { connections, duration: 1 });
            const load = await shoot(running.address, request, { connections, duration: seconds });
            const key = `${i} ${connections}`;
            loads.set(key, [...(loads.get(key) ?? []), load]);
            console.error(`${payload.name}, ${connections}, ${mine[i].name}: ${inWords(load)}`);
          }
        }
      }
    } finally {
      await Promise.all(servers.map((running) => running.stop()));
    }
    for (const [i, { family, name: contender }] of mine.entries())
      for (const connections of connectionCounts)
        entries.push({
          family,
          contender,
          payload: payload.name,
          connections,
          loads: loads.get(`${i} ${connections}`) ?? [],
        });
  }
  return entries;
}

function requestOf({ ours, peers }: Payload, { family }: Contender): Request {
  return family === 'ours' ? ours : peers;
}

/** What the server says of the image, most probable first: its shape depends on the protocol. */
async function probabilities(
  { address }: Running,
  { path, body, headers }: Request,
): Promise<readonly number[]> {
  const response = await fetch(address + path, { method: 'POST', body: new Uint8Array(body), headers });
  if (!response.ok) throw new Error(`${address}${path}: ${response.status} ${await response.text()}`);
  const answer = await response.json();
  const values: readonly number[] =
    answer.outputs?.[0].data ??
    answer.predictions.flatMap((each: number[] | { probability: number }) =>
      Array.isArray(each) ? each : each.probability,
    );
  return [...values].sort((a, b) => b - a);
}

/** Each server resizes a photograph in its own way; given pixels, all say the same. */
function requireSame(
  payload: Payload['name'],
  got: readonly number[],
  expected: Map<string, readonly number[]>,
): void {
  const right = expected.get(payload);
  expected.set(payload, right ?? got);
  const difference = Math.max(...got.map((value, i) => Math.abs(value - (right ?? got)[i])));
  if (difference > (payload === 'picture' ? 0.05 : 1e-4))
    throw new Error(`${payload}: the servers disagree by ${difference}`);
}

function spreads({ loads }: Entry): { requestsPerSecond: Spread; p50Ms: Spread; p99Ms: Spread } {
  return {
    requestsPerSecond: spreadOf(loads.map((load) => load.requestsPerSecond)),
    p50Ms: spreadOf(loads.map((load) => load.p50Ms)),
    p99Ms: spreadOf(loads.map((load) => load.p99Ms)),
  };
}

function tableOf(entries: readonly Entry[]): string {
  const lines = entries.map((entry) => {
    const { requestsPerSecond: rate, p50Ms, p99Ms } = spreads(entry);
    const ours = entries.find(
      (other) =>
        other.family === 'ours' && other.payload === entry.payload && other.connections === entry.connections,
    ) as Entry;
    const rates = ({ loads }: Entry) => loads.map((load) => load.requestsPerSecond);
    const ratio =
      entry === ours ? '' : `ours ${ratiosOf(rates(ours), rates(entry)).medianOfRatios.toFixed(2)} x`;
    const failures = entry.loads.reduce((sum, load) => sum + load.failures, 0);
    return [
      entry.payload,
      entry.connections,
      `${entry.family}: ${entry.contender}`,
      `${rate.median.toFixed(0)} (${rate.min.toFixed(0)}-${rate.max.toFixed(0)})`,
      p50Ms.median,
      p99Ms.median,
      failures,
      ratio,
    ].join(' | ');
  });
  return ['request | connections | server | requests/s | p50 ms | p99 ms | failures |', ...lines].join('\n');
}

function inWords({ requestsPerSecond, p50Ms, p99Ms, failures }: Load): string {
  return `${requestsPerSecond.toFixed(0)} requests/s, p50 ${p50Ms} ms, p99 ${p99Ms} ms, ${failures} failures`;
}

function packagesOf(python: string): readonly string[] {
  const names = /^(flask|gunicorn|fastapi|uvicorn|keras|tensorflow[_-]cpu|onnxruntime|pillow|orjson)==/i;
  const frozen = execFileSync(python, ['-m', 'pip', 'freeze'], { encoding: 'utf8' });
  return frozen.split('\n').filter((line) => names.test(line));
}

void main();
