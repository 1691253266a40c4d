/*
 * What a trial costs beside its objective: seconds of storage (a journal file) and sampler for 10,000 trials of 5 parameters,
 * ours and Optuna's, taking turns of 500 trials in one run. Writes data/benchmarks/tuning-overhead.json. Minutes a round.
 *
 *     COURSE_OPTUNA_PYTHON=... node -r ts-node/register test/tuning/overhead.ts [rounds]
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { writeFileAtomically } from '../../lib/atomic-file';
import { courseRoot } from '../../lib/paths';
import { createStudy, journalStorage, randomSampler, tpeSampler } from '../../lib/tuning';
import { machine, optunaPython } from './optuna';

const trials = 10_000;
const turn = 500;

interface Contender {
  /** Seconds for the next trials. */
  run(count: number): Promise<number>;
  end(): void;
}

async function main(): Promise<void> {
  const rounds = Number(process.argv[2] ?? 1);
  const python = optunaPython();
  if (!python) throw new Error('no Python with Optuna; set COURSE_OPTUNA_PYTHON');
  const folder = mkdtempSync(join(tmpdir(), 'tuning-'));
  const date = new Date().toISOString();
  const load = loadavg()[0];
  let version = '';
  try {
    const comparisons = [];
    for (const sampler of ['random', 'tpe'] as const) {
      const seconds: { ours: number[][]; optuna: number[][] } = { ours: [], optuna: [] };
      for (let round = 0; round < rounds; round++) {
        const ours = startOurs(sampler, join(folder, `${sampler}-${round}-ours.log`));
        const optuna = await startOptuna(python, { sampler, file: join(folder, `${sampler}-${round}.log`) });
        version = optuna.version;
        const parts: { ours: number[]; optuna: number[] } = { ours: [], optuna: [] };
        for (let done = 0; done < trials; done += turn) {
          parts.ours.push(await ours.run(turn));
          parts.optuna.push(await optuna.run(turn));
        }
        optuna.end();
        seconds.ours.push(parts.ours);
        seconds.optuna.push(parts.optuna);
        console.log(sampler, `round ${round + 1}:`, sum(parts.ours), sum(parts.optuna));
      }
      comparisons.push({
        sampler,
        millisecondsPerTrial: { ours: perTrial(seconds.ours), optuna: perTrial(seconds.optuna) },
        millisecondsPerTrialAtTheEnd: { ours: atTheEnd(seconds.ours), optuna: atTheEnd(seconds.optuna) },
        ratios: seconds.ours.map((parts, round) => rounded(sum(parts) / sum(seconds.optuna[round]))),
        ratiosOfTurns: spread(
          seconds.ours.flatMap((parts, round) => parts.map((part, i) => part / seconds.optuna[round][i])),
        ),
        secondsPerTurn: {
          ours: seconds.ours.map((parts) => parts.map(rounded)),
          optuna: seconds.optuna.map((parts) => parts.map(rounded)),
        },
      });
    }
    const result = {
      format: 'course-tuning-overhead 1',
      date,
      command: `node -r ts-node/register test/tuning/overhead.ts ${rounds}`,
      machine: machine(),
      loadAverage: load,
      versions: { optuna: version },
      what: `seconds for ${trials} trials of 5 floats in a journal file, an objective of no cost, in turns of ${turn}`,
      rounds,
      comparisons,
    };
    const file = join(courseRoot(), 'data', 'benchmarks', 'tuning-overhead.json');
    await writeFileAtomically(file, `${JSON.stringify(result, null, 2)}\n`);
    for (const { secondsPerTurn, ...shown } of comparisons) console.log(JSON.stringify(shown, null, 1));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function startOurs(sampler: 'tpe' | 'random', file: string): Contender {
  const samplers = { tpe: tpeSampler, random: randomSampler };
  const study = createStudy({ storage: journalStorage(file), sampler: samplers[sampler]() });
  return {
    run: async (count) => {
      const begin = performance.now();
      await study.optimize(
        (trial) => {
          let value = 0;
          for (let i = 0; i < 5; i++) value += trial.suggestFloat(`x${i}`, { low: -5, high: 5 }) ** 2;
          return value;
        },
        { trials: count },
      );
      return (performance.now() - begin) / 1000;
    },
    end: () => undefined,
  };
}

async function startOptuna(
  python: string,
  { sampler, file }: { readonly sampler: string; readonly file: string },
): Promise<Contender & { readonly version: string }> {
  const child = spawn(python, [join(__dirname, 'overhead.py'), sampler, file], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const next = async (): Promise<string> => {
    const { done, value } = await lines.next();
    if (done) throw new Error('Optuna ended early');
    return value;
  };
  return {
    version: await next(),
    run: async (count) => {
      child.stdin.write(`${count}\n`);
      return Number(await next());
    },
    end: () => child.stdin.end(),
  };
}

function perTrial(rounds: readonly (readonly number[])[]): { median: number; min: number; max: number } {
  return spread(rounds.map((parts) => (1000 * sum(parts)) / trials));
}

function atTheEnd(rounds: readonly (readonly number[])[]): { median: number; min: number; max: number } {
  return spread(rounds.map((parts) => (1000 * parts[parts.length - 1]) / turn));
}

function spread(values: readonly number[]): { median: number; min: number; max: number } {
  const sorted = values.map(rounded).sort((a, b) => a - b);
  return { median: sorted[Math.floor(sorted.length / 2)], min: sorted[0], max: sorted[sorted.length - 1] };
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}

void main();
