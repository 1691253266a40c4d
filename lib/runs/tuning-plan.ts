import { existsSync } from 'node:fs';
import { CourseError } from '../errors';
import {
  createStudy,
  gridSampler,
  type Json,
  journalStorage,
  medianPruner,
  noPruner,
  type Params,
  type Pruner,
  randomSampler,
  type Sampler,
  type Study,
  type StudyRecord,
  successiveHalvingPruner,
  type Trial,
  tpeSampler,
} from '../tuning';
import { parseConfig, type TrainingConfig } from './config';
import { gridOf, parseSpace, type SearchSpace, suggestSettings, withSettings } from './search-space';

/** What a study of trainings tunes, and how; kept with the study, so that any worker can take part. */
export interface TuningPlan {
  readonly format: 'course-tuning 1';
  /** How it was asked for; without passwords. */
  readonly command?: string;
  /** How the best one is to be trained in the end; trials change its settings. */
  readonly config: TrainingConfig;
  /** What a trial may cost: null for all images. */
  readonly budget: { readonly images: number | null; readonly epochs: number };
  readonly space: SearchSpace;
  readonly sampler: SamplerName;
  readonly pruner: PrunerName;
  readonly seed: number;
  /** Of the whole study, those that failed included; null for no limit. */
  readonly trials: number | null;
}

const samplers = {
  tpe: () => tpeSampler(),
  random: () => randomSampler(),
  grid: (space: SearchSpace) => gridSampler(gridOf(space)),
} as const satisfies Record<string, (space: SearchSpace) => Sampler>;

const pruners = {
  median: () => medianPruner(),
  asha: () => successiveHalvingPruner({ minResource: 1 }),
  none: noPruner,
} as const satisfies Record<string, () => Pruner>;

export type SamplerName = keyof typeof samplers;
export type PrunerName = keyof typeof pruners;
export const samplerNames = Object.keys(samplers) as readonly SamplerName[];
export const prunerNames = Object.keys(pruners) as readonly PrunerName[];

const planKey = 'course:tuning';

/** A study of trainings, ready to be asked. */
export interface TuningStudy {
  readonly study: Study;
  readonly plan: TuningPlan;
}

/**
 * Begins a study in the journal `file`, or goes on with the one that is there; number of trials, sampler and pruner may
 * then be others. Throws a CourseError where the file holds a study of other trainings, and leaves it as it is.
 */
export function openTuning(file: string, plan: TuningPlan): TuningStudy {
  const name = `${plan.config.model}-${plan.config.dataset}`;
  const storage = journalStorage(file);
  const before = storage.records.studies.map(readPlan).find((known) => known !== undefined);
  if (before) refuseOther(file, before, plan);
  const study = studyOf(name, storage, plan);
  if (JSON.stringify(before) !== JSON.stringify(plan)) {
    const value: Json = JSON.parse(JSON.stringify(plan));
    storage.change(() => [
      { op: 'study attr', studyId: study.record.id, of: 'user', attr: [planKey, value] },
    ]);
  }
  return { study, plan };
}

/** The study in the journal `file`, as a worker takes part in it. Throws a CourseError where there is none. */
export function joinTuning(file: string): TuningStudy {
  if (!existsSync(file)) throw new CourseError(`${file}: there is no study; begin one with: npx course tune`);
  const storage = journalStorage(file);
  for (const record of storage.records.studies) {
    const plan = readPlan(record);
    if (plan) return { study: studyOf(record.name, storage, plan), plan };
  }
  throw new CourseError(`${file}: expected a study made by npx course tune, got none; choose another file`);
}

function studyOf(
  name: string,
  storage: ReturnType<typeof journalStorage>,
  { sampler, pruner, space, seed }: TuningPlan,
): Study {
  return createStudy({
    name,
    direction: 'maximize',
    storage,
    sampler: samplers[sampler](space),
    pruner: pruners[pruner](),
    seed,
  });
}

function readPlan({ userAttrs }: StudyRecord): TuningPlan | undefined {
  const plan: unknown = userAttrs[planKey];
  if (!isPlan(plan)) return undefined;
  const source = 'the study';
  return { ...plan, config: parseConfig(plan.config, { source }), space: parseSpace(plan.space, { source }) };
}

function isPlan(value: unknown): value is TuningPlan {
  return (
    typeof value === 'object' && value !== null && 'format' in value && value.format === 'course-tuning 1'
  );
}

function refuseOther(file: string, before: TuningPlan, plan: TuningPlan): void {
  const [theirs, ours] = [before, plan].map(
    ({ config: { model, ...config }, budget, space, seed }): Readonly<Record<string, unknown>> => ({
      model, // first, as the first difference is the one that is told
      ...config,
      ...budget,
      space,
      "study's seed": seed,
    }),
  );
  const text = (value: unknown) => JSON.stringify(value) ?? 'none';
  const other = Object.keys({ ...theirs, ...ours }).find((key) => text(theirs[key]) !== text(ours[key]));
  if (other === undefined) return;
  const command = before.command ? ` go on as it was begun, ${before.command}, or` : '';
  throw new CourseError(
    `${file}: expected the ${other} of its study, ${text(theirs[other])}, got ${text(ours[other])};${command} choose another --study file`,
  );
}

/** The training of a trial, which is asked for its settings. */
export function configOfTrial({ config, budget, space }: TuningPlan, trial: Trial): TrainingConfig {
  return { ...withSettings(config, suggestSettings(trial, space)), ...budget };
}

/** The training that a study recommends: with the settings of its best trial, on all images. */
export function configOfBest({ config }: TuningPlan, params: Params): TrainingConfig {
  return withSettings(config, params);
}
