import { CourseError } from '../errors';
import { createRandom, type Random } from '../random';
import { type FrozenTrial, isFinished, lastReport, type Params } from './frozen-trial';
import type { Operation } from './operations';
import { type Objective, type OptimizeOptions, optimize } from './optimize';
import { ownOwner } from './owner';
import { medianPruner } from './percentile-pruner';
import type { Pruner } from './pruner';
import type { Direction, StudyRecord, TrialRecord } from './records';
import { countedTrials, failAndRetry, type StaleOptions, staleTrials } from './retry';
import type { Sampler } from './sampler';
import { memoryStorage, type Storage } from './storage';
import { aliveKey, fixedParamsKey, ownerKey } from './system-attrs';
import { tpeSampler } from './tpe-sampler';
import { Trial } from './trial';
import { Writer } from './writer';

export interface StudyOptions {
  /** Default `study`. */
  readonly name?: string;
  /** Default minimize. */
  readonly direction?: Direction;
  /** Default memory; `journalStorage(file)` keeps it. */
  readonly storage?: Storage;
  /** Default TPE. */
  readonly sampler?: Sampler;
  /** Default the median pruner; it acts only where the objective asks `shouldPrune`. */
  readonly pruner?: Pruner;
  /** Default 1. What a trial draws depends on it, on the trial's number and on the trials before. */
  readonly seed?: number | string;
  /** Whether a file that holds other studies may take this one in as well; default false. */
  readonly beside?: boolean;
}

/** How a trial ended. */
export type TrialEnd =
  | number
  | { readonly state: 'pruned' }
  | { readonly state: 'fail'; readonly reason: string; readonly retry?: boolean };

/**
 * The study of that name in the storage: a new one, or the one that is there, to go on with. Throws a CourseError where
 * that one has another direction, or where the storage holds only other studies.
 */
export function createStudy({
  name = 'study',
  direction = 'minimize',
  storage = memoryStorage(),
  sampler = tpeSampler(),
  pruner = medianPruner(),
  seed = 1,
  beside = false,
}: StudyOptions = {}): Study {
  storage.change((records) => {
    const known = records.study(name);
    if (known) {
      checkDirection(known, { direction, storage });
      return [];
    }
    if (records.studies.length > 0 && !beside) {
      const names = records.studies.map((study) => study.name).join(', ');
      throw new CourseError(
        `${storage.name}: expected the study ${name}, got ${names}; use that name or another file`,
      );
    }
    return [{ op: 'create study', name, directions: [direction === 'maximize' ? 2 : 1] }];
  });
  return new Study({ name, storage, sampler, pruner, random: createRandom(seed) });
}

function checkDirection(
  { name, directions }: StudyRecord,
  { direction, storage }: { readonly direction: Direction; readonly storage: Storage },
): void {
  if (directions.length === 1 && directions[0] === direction) return;
  throw new CourseError(
    `${storage.name}: the study ${name} is to ${directions.join(' and ')}, expected to ${direction}; use another name or file`,
  );
}

/** Trials in search of the parameters with the best value; made by `createStudy`. */
export class Study {
  readonly #writer: Writer;

  constructor(
    private readonly parts: {
      readonly name: string;
      readonly storage: Storage;
      readonly sampler: Sampler;
      readonly pruner: Pruner;
      readonly random: Random;
    },
  ) {
    this.#writer = new Writer(parts.storage);
  }

  get name(): string {
    return this.parts.name;
  }

  get direction(): Direction {
    return this.record.direction;
  }

  /** The study as the storage last read it; changes while trials run. */
  get record(): StudyRecord {
    const { name, storage } = this.parts;
    const record = storage.records.study(name);
    if (!record) throw new CourseError(`${storage.name}: the study ${name} was deleted; choose another name`);
    return record;
  }

  /** All trials by number, as they stand now, those of other workers too. */
  get trials(): readonly FrozenTrial[] {
    this.parts.storage.refresh();
    return this.record.trials.map(freeze);
  }

  /** The complete trial with the best value, the first one of equals; undefined before there is one. */
  get bestTrial(): FrozenTrial | undefined {
    this.parts.storage.refresh();
    const sign = this.direction === 'maximize' ? -1 : 1;
    const complete = this.record.trials.filter(({ state }) => state === 'complete');
    return complete.reduce<TrialRecord | undefined>(
      (best, trial) => (best && sign * Number(best.value) <= sign * Number(trial.value) ? best : trial),
      undefined,
    );
  }

  get bestValue(): number | undefined {
    return this.bestTrial?.value;
  }

  get bestParams(): Params | undefined {
    return this.bestTrial?.params;
  }

  /** Runs the objective for one trial after the other. See `OptimizeOptions`. */
  async optimize(objective: Objective, options: OptimizeOptions = {}): Promise<void> {
    await optimize(this, objective, options);
  }

  /**
   * Begins a trial: one that waits, else a new one. Undefined where the sampler has nothing left to try, or where the
   * study already has `totalTrials` that count. End it with `tell`.
   */
  ask({ totalTrials = Number.POSITIVE_INFINITY }: { readonly totalTrials?: number } = {}): Trial | undefined {
    const { storage, sampler, random } = this.parts;
    this.failStaleTrials();
    let id: number | undefined;
    this.#writer.flush((records): Operation[] => {
      const study = this.record;
      if (totalTrials !== Number.POSITIVE_INFINITY && countedTrials(study) >= totalTrials) return [];
      const owner = { ...ownOwner() };
      const [waiting] = study.waiting;
      if (waiting) {
        id = waiting.id;
        return [
          { op: 'trial attr', trialId: id, of: 'system', attr: [ownerKey, owner] },
          { op: 'state', trialId: id, state: 'running', at: new Date() },
        ];
      }
      const plan = sampler.plan?.(study);
      if (plan === 'finished') return [];
      id = records.trialCount;
      const systemAttrs = { [ownerKey]: owner, ...(plan && { [fixedParamsKey]: plan }) };
      return [{ op: 'create trial', studyId: study.id, startedAt: new Date(), systemAttrs }];
    });
    const record = id === undefined ? undefined : storage.records.trial(id);
    if (!record) return undefined;
    return new Trial(record, {
      ...this.parts,
      study: this.record,
      writer: this.#writer,
      random: random.fork(`trial ${record.number}`),
    });
  }

  /**
   * Ends a trial: with its value, pruned, or failed, `retry` to have it done again. A value that is not finite is a
   * failure. Gives the trial as it now stands: where somebody else ended it before, that end counts and this one does not.
   */
  tell(trial: Trial | number, end: TrialEnd): FrozenTrial {
    const number = typeof trial === 'number' ? trial : trial.number;
    const record = this.record.trials[number];
    if (!record) throw new RangeError(`trial ${number}: expected one that was asked for`);
    if (typeof end !== 'number') this.#writer.flush(); // what was reported last, and the parameters to retry
    this.#writer.flush(() => {
      if (record.state !== 'running') return [];
      return endOperations(
        this.record,
        record,
        typeof end === 'number' && !Number.isFinite(end) ? notFinite(end) : end,
      );
    });
    return freeze(record);
  }

  /** Queues a trial with some or all of its parameters given. */
  enqueue(params: Params): void {
    this.#writer.flush(() => [
      {
        op: 'create trial',
        studyId: this.record.id,
        state: 'waiting',
        systemAttrs: { [fixedParamsKey]: params },
      },
    ]);
  }

  /** Fails the running trials whose worker is gone, and queues them again. Gives their numbers. */
  failStaleTrials(options: StaleOptions = {}): number[] {
    this.parts.storage.refresh();
    if (staleTrials(this.record, options).length === 0) return [];
    let stale: TrialRecord[] = [];
    this.#writer.flush(() => {
      stale = staleTrials(this.record, options); // again: another worker may have done it meanwhile
      return failAndRetry(this.record, stale, { ...options, reason: 'the worker is gone' });
    });
    return stale.map(({ number }) => number);
  }

  /** Notes a sign of life of a running trial, for workers on other machines; `optimize` does so by itself. */
  noteAlive(trial: Trial): void {
    const attr = [aliveKey, new Date().toISOString()] as const;
    this.#writer.add({ op: 'trial attr', trialId: trial.record.id, of: 'system', attr });
  }
}

function notFinite(value: number): TrialEnd {
  return { state: 'fail', reason: `expected a finite number, got ${value}` };
}

function endOperations(study: StudyRecord, record: TrialRecord, end: TrialEnd): Operation[] {
  const of = { trialId: record.id, at: new Date() };
  if (typeof end === 'number') return [{ op: 'state', ...of, state: 'complete', value: end }];
  if (end.state === 'fail') {
    return failAndRetry(study, [record], { reason: end.reason, retries: end.retry ? undefined : 0 });
  }
  const value = lastReport(record)?.value;
  return [{ op: 'state', ...of, state: 'pruned', value: Number.isNaN(value) ? undefined : value }];
}

/** A finished trial stays as it is; of any other one the present moment. */
function freeze(record: TrialRecord): FrozenTrial {
  if (isFinished(record.state)) return record;
  const { params, distributions, userAttrs, systemAttrs } = record;
  return {
    ...record,
    intermediateValues: new Map(record.intermediateValues),
    params: { ...params },
    distributions: { ...distributions },
    userAttrs: { ...userAttrs },
    systemAttrs: { ...systemAttrs },
  };
}
