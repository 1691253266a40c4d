import type { Json } from './json';
import type { NewTrial, Operation } from './operations';
import { isAlive, type Owner } from './owner';
import type { StudyRecord, TrialRecord } from './records';
import {
  aliveKey,
  failReasonKey,
  firstAttemptKey,
  fixedParamsKey,
  ownerKey,
  retryHistoryKey,
} from './system-attrs';

export interface StaleOptions {
  /** How often a trial that took its worker down is tried again; default 3. */
  readonly retries?: number;
  /** A worker on another machine that was silent for so long counts as gone; default 5 minutes. */
  readonly silenceMs?: number;
}

/**
 * The running trials whose worker is gone. Of a worker on this machine the process is asked for; those of Optuna do not
 * say whose they are and are left alone.
 */
export function staleTrials(study: StudyRecord, { silenceMs = 300_000 }: StaleOptions = {}): TrialRecord[] {
  const known = new Map<string, boolean | undefined>(); // a worker may have many
  return [...study.running].filter((trial) => {
    const owner = ownerOf(trial);
    if (!owner) return false;
    const key = JSON.stringify(owner);
    if (!known.has(key)) known.set(key, isAlive(owner));
    const alive = known.get(key);
    if (alive !== undefined) return !alive;
    const sign = trial.systemAttrs[aliveKey];
    const last = typeof sign === 'string' ? Date.parse(sign) : (trial.startedAt?.getTime() ?? 0);
    return Date.now() - last > silenceMs;
  });
}

/** What fails the trials and queues each once more, with its parameters; a trial that has its successor gets no second. */
export function failAndRetry(
  study: StudyRecord,
  trials: readonly TrialRecord[],
  { retries = 3, reason }: StaleOptions & { readonly reason: string },
): Operation[] {
  return trials.flatMap((trial): Operation[] => {
    const history = [...retryHistory(trial), trial.number];
    const hasSuccessor = study.trials.some((other) => retryHistory(other).at(-1) === trial.number);
    const successor: Operation = { op: 'create trial', studyId: study.id, ...copyOf(trial, history) };
    return [
      // first, so that a crash in between loses no trial
      ...(history.length > retries || hasSuccessor ? [] : [successor]),
      { op: 'trial attr', trialId: trial.id, of: 'system', attr: [failReasonKey, reason] },
      { op: 'state', trialId: trial.id, state: 'fail', at: new Date() },
    ];
  });
}

/** The trials that count: without those that are queued, or that a later trial does again. */
export function countedTrials(study: StudyRecord): number {
  const repeated = new Set(study.trials.flatMap(retryHistory));
  return study.trials.filter(({ number, state }) => state !== 'waiting' && !repeated.has(number)).length;
}

function copyOf(
  { inner, distributions, userAttrs, systemAttrs, number }: TrialRecord,
  history: number[],
): NewTrial {
  const params = [...inner].map(
    ([name, value]) => [name, { value, distribution: distributions[name] }] as const,
  );
  // what belongs to the trial, not to this attempt at it
  const kept = [fixedParamsKey, firstAttemptKey].flatMap((key) =>
    key in systemAttrs ? [[key, systemAttrs[key]]] : [],
  );
  return {
    state: 'waiting',
    params: Object.fromEntries(params),
    userAttrs,
    systemAttrs: { [firstAttemptKey]: number, ...Object.fromEntries(kept), [retryHistoryKey]: history },
  };
}

function retryHistory({ systemAttrs }: TrialRecord): number[] {
  const history: Json | undefined = systemAttrs[retryHistoryKey];
  return Array.isArray(history) ? history.filter((number) => typeof number === 'number') : [];
}

function ownerOf({ systemAttrs }: TrialRecord): Owner | undefined {
  const owner: Json | undefined = systemAttrs[ownerKey];
  if (typeof owner !== 'object' || owner === null || !('pid' in owner)) return undefined;
  const { host, pid, began } = owner;
  if (typeof host !== 'string' || typeof pid !== 'number') return undefined;
  return { host, pid, began: typeof began === 'string' ? began : undefined };
}
