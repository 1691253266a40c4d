import { useBackend } from '../backend';
import { CourseError } from '../errors';
import type { OnProgress } from '../progress';
import type { FrozenTrial } from '../tuning';
import { type Compute, objectiveOf, type Work } from '../workers';
import type { TrainingConfig } from './config';
import { buildCompiled } from './run';
import { withSettings } from './search-space';
import { loadTrialImages, type TrialImages, trainForValidation } from './trial-training';
import { configOfTrial, type TuningPlan, type TuningStudy } from './tuning-plan';

export interface TuneOptions {
  /** Begins no trial after so many milliseconds. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: OnProgress;
  /** Gets every trial that ended here, and what it threw if it failed. */
  readonly onTrial?: (trial: FrozenTrial, error?: unknown) => void;
}

/**
 * Trains one trial of the study after the other in this process, until the study has all of its trials, time is up, or
 * the grid is done. Any number of processes may do so with the same file. Rejects where the first trials all fail: then
 * it is not the settings.
 */
export async function tuneHere(
  { study, plan }: TuningStudy,
  { timeoutMs, signal, onProgress, onTrial }: TuneOptions = {},
): Promise<void> {
  await useBackend();
  const images = await loadTrialImages({ ...plan.config, ...plan.budget }, { onProgress });
  checkModel(plan, images);
  const giveUp = new AbortController();
  const objective = objectiveOf(trainingWork(plan, images));
  const totalTrials = plan.trials ?? undefined;
  const signals = [giveUp.signal, ...(signal ? [signal] : [])];
  await study.optimize(objective, {
    totalTrials,
    timeoutMs,
    signal: AbortSignal.any(signals),
    onTrial: (trial, error) => {
      onTrial?.(trial, error);
      const reason = whyHopeless(study.trials);
      if (reason) giveUp.abort(new CourseError(reason));
    },
  });
}

/** The trainings of a plan, as work for this process. */
export function trainingWork(plan: TuningPlan, images: TrialImages): Work<TrainingConfig> {
  return {
    prepare: (trial) => configOfTrial(plan, trial),
    compute: (config, reporting) => trainForValidation(config, images, reporting),
  };
}

/** Trainings of any plan, as work for a worker that is sent its jobs: keeps the images of the last one. */
export function trainingCompute({
  onProgress,
}: {
  readonly onProgress?: OnProgress;
} = {}): Compute<TrainingConfig> {
  let loaded: { readonly key: string; readonly images: Promise<TrialImages> } | undefined;
  return async (config, reporting) => {
    const { dataset, validationCount, images, seed } = config;
    const key = JSON.stringify([dataset, validationCount, images, seed]);
    await useBackend();
    if (loaded?.key !== key) loaded = { key, images: loadTrialImages(config, { onProgress }) };
    return trainForValidation(config, await loaded.images, reporting);
  };
}

/** Builds the network once, so that an option which it does not know is one sentence, not a study of failed trials. */
function checkModel({ config, budget, space }: TuningPlan, { training, normalization }: TrialImages): void {
  const settings = Object.entries(space).map(([name, entry]) => {
    return [name, 'choices' in entry ? entry.choices[0] : entry.low] as const;
  });
  const changed = { ...withSettings(config, Object.fromEntries(settings)), ...budget };
  const model = buildCompiled(changed, training, normalization);
  model.optimizer.dispose();
  model.dispose();
}

/** Undefined while any trial came to an end, or fewer than three were tried. */
export function whyHopeless(trials: readonly FrozenTrial[]): string | undefined {
  const ended = trials.filter(({ state }) => state === 'complete' || state === 'pruned' || state === 'fail');
  if (ended.length < 3 || ended.some(({ state }) => state !== 'fail')) return undefined;
  const reason = String(ended[ended.length - 1].systemAttrs.fail_reason ?? 'for no known reason');
  return `the first ${ended.length} trials all failed, the last: ${reason}`;
}
