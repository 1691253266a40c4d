import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, release, tmpdir, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { useBackend } from '../backend';
import { type ComparisonPlan, planTask } from './contenders';
import { type InterleaveOptions, interleave, type Outcome } from './interleave';
import { type NetworkName, networkNames } from './networks';
import { benchPython, preparePython } from './python';
import {
  type BenchResult,
  type Comparison,
  type ContenderResult,
  type Family,
  isMeasured,
  type Machine,
  type Peak,
  peakOf,
  ratioOf,
  round3,
} from './result';
import { spreadOf } from './statistics';
import type { Task } from './work';

export interface BenchOptions
  extends Pick<InterleaveOptions, 'rounds' | 'pauseMs' | 'onProgress' | 'signal'> {
  /** Default both; counts for `train` and `predict`. */
  readonly networks?: readonly NetworkName[];
  /** Default all cores. */
  readonly threads?: number;
  readonly seed?: number;
  /** An eighth of the images a round. */
  readonly quick?: boolean;
  /** Only contenders with this text in their name, such as `ours`. */
  readonly only?: string;
  /** How the run was asked for; written down with it. */
  readonly command?: string;
}

/**
 * Measures this course against Keras, PyTorch and others at one task, side by side in one run. Peers that cannot be
 * installed or started become rows with their reason.
 */
export async function bench(
  task: Task,
  {
    networks = networkNames,
    threads = availableParallelism(),
    seed = 1,
    quick = false,
    only,
    command = `bench ${task}`,
    ...options
  }: BenchOptions = {},
): Promise<BenchResult> {
  const date = new Date().toISOString();
  const scratch = mkdtempSync(join(tmpdir(), 'course-bench-'));
  try {
    await useBackend({ backend: 'cpu' }); // the networks are built here only to be described
    const plans = planTask(task, { networks, threads, seed, quick, only, python: benchPython(), scratch });
    const missing = await installPeers(plans, options);
    const comparisons: Comparison[] = [];
    for (const plan of plans) comparisons.push(await runPlan(plan, { ...options, missing }));
    return {
      format: 'course-bench 1',
      task,
      date,
      command,
      machine: describeMachine(),
      threads,
      seed,
      quick,
      comparisons,
    };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Why there is no Python for the peers; undefined where there is, or where none is needed. */
async function installPeers(
  plans: readonly ComparisonPlan[],
  { onProgress }: Pick<BenchOptions, 'onProgress'>,
): Promise<string | undefined> {
  const needed = plans.some(({ contenders }) =>
    contenders.some(({ program }) => program.command === benchPython()),
  );
  if (!needed) return undefined;
  try {
    await preparePython(onProgress);
    return undefined;
  } catch (error) {
    const reason = (error as Error).message;
    onProgress?.(`the peers cannot be measured: ${reason}`);
    return reason;
  }
}

/** Runs one comparison. `missing` says why peers cannot run. */
export async function runPlan(
  plan: ComparisonPlan,
  { missing, ...options }: InterleaveOptions & { readonly missing?: string } = {},
): Promise<Comparison> {
  const { contenders, peak, network, flopPerImage } = plan;
  const withPeers = missing === undefined;
  const entrants = contenders.filter(({ family }) => withPeers || family === 'ours');
  const measuresPeak = peak && withPeers && contenders.some(({ family }) => family === 'peer');
  const outcomes = await interleave(
    [...entrants, ...(measuresPeak ? [{ name: 'peak', program: peak.program }] : [])],
    {
      ...options,
      onProgress: (text) => options.onProgress?.(`${plan.name}: ${text}`),
      accept: ({ parameters }, name) => {
        if (!network || name === 'peak' || parameters === network.parameters) return;
        throw new Error(`it trains ${parameters} parameters, the others ${network.parameters}`);
      },
    },
  );
  const byName = new Map(agreeing(outcomes).map((outcome) => [outcome.name, outcome]));
  const measuredPeak = peak && peakFrom(byName.get('peak'), peak.work);
  const results = contenders.map(({ name, family }) => {
    const outcome = byName.get(name) ?? { name, reason: missing ?? 'not started' };
    return resultOf(outcome, { family, flopPerImage, peak: measuredPeak });
  });
  return {
    name: plan.name,
    work: plan.work,
    ...(network && { network: network.name }),
    batchSize: plan.batchSize,
    ...(flopPerImage && { flopPerImage }),
    contenders: fastestFirst(results),
    ratio: ratioOf(results),
    peak: measuredPeak,
  };
}

/** Without those that name other numbers of images right than the first: they evaluate another model, or other images. */
function agreeing(outcomes: readonly Outcome[]): readonly Outcome[] {
  const correctOf = (outcome: Outcome) => ('rounds' in outcome ? outcome.rounds[0]?.correct : undefined);
  const expected = outcomes.map(correctOf).find((correct) => correct !== undefined);
  return outcomes.map((outcome) => {
    const correct = correctOf(outcome);
    if (correct === undefined || expected === undefined) return outcome;
    if (Math.abs(correct - expected) <= Math.max(1, 0.001 * expected)) return outcome; // rounding decides ties
    return { name: outcome.name, reason: `it names ${correct} images right, the others ${expected}` };
  });
}

function resultOf(
  outcome: Outcome,
  { family, flopPerImage, peak }: { family: Family; flopPerImage?: number; peak?: Peak },
): ContenderResult {
  const { name } = outcome;
  if ('reason' in outcome) return { name, family, reason: outcome.reason };
  const { ready, rounds } = outcome;
  const imagesPerSecond = spreadOf(rounds.map(({ images, seconds }) => round3(images / seconds)));
  const peakMB = Math.max(...rounds.map(({ peakMB: megabytes = 0 }) => megabytes));
  const gflops = flopPerImage && (imagesPerSecond.median * flopPerImage) / 1e9;
  return {
    name,
    family,
    versions: ready.versions,
    settings: ready.settings,
    imagesPerRound: rounds[0].images,
    seconds: rounds.map(({ seconds }) => Math.round(seconds * 1e6) / 1e6),
    imagesPerSecond,
    ...(peakMB > 0 && { peakMB: Math.round(peakMB) }),
    ...(gflops && { gflops: round3(gflops) }),
    ...(gflops && peak && { shareOfPeak: round3(gflops / peak.gflops) }),
  };
}

function peakFrom(outcome: Outcome | undefined, work: string): Peak | undefined {
  if (!outcome || 'reason' in outcome) return undefined;
  return peakOf(
    outcome.rounds.map(({ speeds }) => speeds ?? {}),
    work,
  );
}

function fastestFirst(contenders: readonly ContenderResult[]): readonly ContenderResult[] {
  const speed = (contender: ContenderResult) =>
    isMeasured(contender) ? contender.imagesPerSecond.median : -1;
  return [...contenders].sort((a, b) => speed(b) - speed(a));
}

function describeMachine(): Machine {
  const [{ model } = { model: 'unknown' }] = cpus();
  return {
    cpu: model.trim(),
    cores: availableParallelism(),
    memoryGB: Math.round(totalmem() / 1e9),
    system: `${type()} ${release()} ${process.arch}`,
    node: process.versions.node,
  };
}
