/*
 * Ours against Optuna: the best value of 10 functions, 30 seeds of 100 trials each, with TPE, with Optuna's TPE and with
 * random search. Writes data/benchmarks/tuning-samplers.json and prints a table. A few minutes; needs a Python with Optuna.
 *
 *     COURSE_OPTUNA_PYTHON=... node -r ts-node/register test/tuning/compare-samplers.ts
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeFileAtomically } from '../../lib/atomic-file';
import { normalTail } from '../../lib/evaluation/normal';
import { courseRoot } from '../../lib/paths';
import { createStudy, type FrozenTrial, randomSampler, type Sampler, tpeSampler } from '../../lib/tuning';
import { objectives } from './objectives';
import { machine, optunaPython, runOptuna } from './optuna';

const seeds = 30;
const trials = 100;

interface OptunaResult {
  readonly optuna: string;
  readonly python: string;
  readonly best: Readonly<Record<string, readonly number[]>>;
}

async function main(): Promise<void> {
  const python = optunaPython();
  if (!python) throw new Error('no Python with Optuna; set COURSE_OPTUNA_PYTHON');
  const date = new Date().toISOString();
  const ours = await bestTrials(tpeSampler());
  const random = await bestTrials(randomSampler());
  const folder = mkdtempSync(join(tmpdir(), 'tuning-'));
  try {
    writeFileSync(join(folder, 'ours.json'), JSON.stringify(ours));
    const args = [seeds, trials, join(folder, 'ours.json')];
    const peer = (await runOptuna(python, 'compare_samplers.py', args)) as OptunaResult;
    const functions = Object.keys(objectives).map((name) => {
      const values = { ours: valuesOf(ours[name]), optuna: peer.best[name], random: valuesOf(random[name]) };
      return {
        name,
        ours: summary(values.ours),
        optuna: summary(values.optuna),
        random: summary(values.random),
        oursAgainstOptuna: mannWhitney(values.ours, values.optuna),
        oursAgainstRandom: mannWhitney(values.ours, values.random),
      };
    });
    const result = {
      format: 'course-tuning-samplers 1',
      date,
      command: 'node -r ts-node/register test/tuning/compare-samplers.ts',
      machine: machine(),
      versions: { optuna: peer.optuna, python: peer.python },
      seeds,
      trials,
      what: 'best value after all trials; functions are minimized; p: two-sided Mann-Whitney test',
      functions,
    };
    const file = join(courseRoot(), 'data', 'benchmarks', 'tuning-samplers.json');
    await writeFileAtomically(file, `${JSON.stringify(result, null, 2)}\n`);
    console.table(
      functions.map(({ name, oursAgainstOptuna, oursAgainstRandom, ...each }) => ({
        name,
        ours: text(each.ours),
        optuna: text(each.optuna),
        random: text(each.random),
        'p, Optuna': oursAgainstOptuna.p,
        'p, random': oursAgainstRandom.p,
      })),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function bestTrials(sampler: Sampler): Promise<Record<string, FrozenTrial[]>> {
  const best: Record<string, FrozenTrial[]> = {};
  for (const [name, objective] of Object.entries(objectives)) {
    best[name] = [];
    for (let seed = 1; seed <= seeds; seed++) {
      const study = createStudy({ sampler, seed });
      await study.optimize(objective, { trials });
      if (study.bestTrial) best[name].push(study.bestTrial);
    }
  }
  return best;
}

function valuesOf(found: readonly FrozenTrial[]): number[] {
  return found.map(({ value }) => value ?? Number.NaN);
}

interface Summary {
  readonly median: number;
  readonly quartiles: readonly [number, number];
}

function summary(values: readonly number[]): Summary {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => {
    const place = share * (sorted.length - 1);
    const below = Math.floor(place);
    const above = Math.ceil(place);
    return Number((sorted[below] + (place - below) * (sorted[above] - sorted[below])).toPrecision(6));
  };
  return { median: at(0.5), quartiles: [at(0.25), at(0.75)] };
}

function text({ median, quartiles: [low, high] }: Summary): string {
  return `${median.toPrecision(3)} (${low.toPrecision(3)} to ${high.toPrecision(3)})`;
}

/**
 * How often a value of the first is below one of the second, equals counting half, and the chance of a share so far from
 * 0.5 if both were alike: normal approximation with ties, Mann and Whitney, Annals of Mathematical Statistics 18, 1947.
 */
function mannWhitney(first: readonly number[], second: readonly number[]): { below: number; p: number } {
  const [n, m] = [first.length, second.length];
  const all = [...first, ...second];
  const wins = first.reduce(
    (sum, a) => sum + second.reduce((count, b) => count + (a < b ? 1 : a === b ? 0.5 : 0), 0),
    0,
  );
  const counts = new Map<number, number>();
  for (const value of all) counts.set(value, (counts.get(value) ?? 0) + 1);
  const ties = [...counts.values()].reduce((sum, count) => sum + count ** 3 - count, 0);
  const total = n + m;
  const deviation = Math.sqrt(((n * m) / 12) * (total + 1 - ties / (total * (total - 1))));
  const p = deviation === 0 ? 1 : 2 * normalTail(Math.abs(wins - (n * m) / 2) / deviation);
  return { below: Number((wins / (n * m)).toFixed(3)), p: Number(Math.min(1, p).toPrecision(3)) };
}

void main();
