import { type Choice, type Distribution, isCompatible, toExternal } from './distributions';
import { type FrozenTrial, isFinished, type TrialState } from './frozen-trial';
import type { Json } from './json';
import type { Attr, NewTrial, Operation } from './operations';

export type Direction = 'minimize' | 'maximize';

/** A trial as the operations so far leave it; only `Records` changes it, and never again once it is finished. */
export interface TrialRecord extends FrozenTrial {
  /** Counted over all studies of the storage. */
  readonly id: number;
  /** The inner value of each parameter. */
  readonly inner: ReadonlyMap<string, number>;
}

/** A study as the operations so far leave it. */
export interface StudyRecord {
  readonly id: number;
  readonly name: string;
  /** One for each objective. */
  readonly directions: readonly Direction[];
  /** The first one: the studies of this course have one objective. */
  readonly direction: Direction;
  readonly userAttrs: Readonly<Record<string, Json>>;
  readonly systemAttrs: Readonly<Record<string, Json>>;
  /** By number. */
  readonly trials: readonly TrialRecord[];
  /** In the order of their ends, so that whoever counts with them can take only the new ones. */
  readonly finished: readonly TrialRecord[];
  readonly running: ReadonlySet<TrialRecord>;
  readonly waiting: ReadonlySet<TrialRecord>;
  /** Of each parameter, as first used. */
  readonly distributions: ReadonlyMap<string, Distribution>;
}

/** The same, open to change; `Records` hands it out as the above. */
interface OpenTrial {
  readonly id: number;
  readonly number: number;
  state: TrialState;
  value: number | undefined;
  readonly params: Record<string, Choice>;
  readonly distributions: Record<string, Distribution>;
  readonly inner: Map<string, number>;
  readonly intermediateValues: Map<number, number>;
  readonly userAttrs: Record<string, Json>;
  readonly systemAttrs: Record<string, Json>;
  startedAt: Date | undefined;
  endedAt: Date | undefined;
}

interface OpenStudy extends StudyRecord {
  readonly userAttrs: Record<string, Json>;
  readonly systemAttrs: Record<string, Json>;
  readonly trials: OpenTrial[];
  readonly finished: OpenTrial[];
  readonly running: Set<OpenTrial>;
  readonly waiting: Set<OpenTrial>;
  readonly distributions: Map<string, Distribution>;
}

/**
 * The state that a list of operations leads to, as Optuna's storage replays its journal: an operation that came too late,
 * such as a second end of the same trial, changes nothing.
 */
export class Records {
  readonly #studies = new Map<number, OpenStudy>();
  readonly #trials: { readonly trial: OpenTrial; readonly study: OpenStudy }[] = [];
  #created = 0;

  /** The studies that are not deleted. */
  get studies(): readonly StudyRecord[] {
    return [...this.#studies.values()];
  }

  study(name: string): StudyRecord | undefined {
    return this.studies.find((study) => study.name === name);
  }

  /** How many trials all studies have, deleted ones too: the id of the next one. */
  get trialCount(): number {
    return this.#trials.length;
  }

  trial(id: number): TrialRecord | undefined {
    return this.#trials[id]?.trial;
  }

  apply(operation: Operation): void {
    switch (operation.op) {
      case 'create study':
        this.#createStudy(operation.name, operation.directions);
        return;
      case 'delete study':
        this.#studies.delete(operation.studyId);
        return;
      case 'study attr': {
        const study = this.#studies.get(operation.studyId);
        if (study) setAttr(study, operation);
        return;
      }
      case 'create trial': {
        const study = this.#studies.get(operation.studyId);
        if (study) this.#createTrial(study, operation);
        return;
      }
      default:
        this.#changeTrial(operation);
    }
  }

  #createStudy(name: string, directions: readonly number[]): void {
    if (this.study(name)) return;
    const id = this.#created++;
    const named = directions.map((direction): Direction => (direction === 2 ? 'maximize' : 'minimize'));
    this.#studies.set(id, {
      id,
      name,
      directions: named,
      direction: named[0] ?? 'minimize',
      userAttrs: {},
      systemAttrs: {},
      trials: [],
      finished: [],
      running: new Set(),
      waiting: new Set(),
      distributions: new Map(),
    });
  }

  #createTrial(study: OpenStudy, created: NewTrial): void {
    const trial: OpenTrial = {
      id: this.#trials.length,
      number: study.trials.length,
      state: 'running',
      value: created.value,
      params: {},
      distributions: {},
      inner: new Map(),
      intermediateValues: new Map(Object.entries(created.reports ?? {}).map(([k, v]) => [Number(k), v])),
      userAttrs: { ...created.userAttrs },
      systemAttrs: { ...created.systemAttrs },
      startedAt: created.startedAt,
      endedAt: created.endedAt,
    };
    this.#trials.push({ trial, study });
    study.trials.push(trial);
    for (const [name, { value, distribution }] of Object.entries(created.params ?? {})) {
      setParam(study, trial, name, value, distribution);
    }
    enter(study, trial, created.state ?? 'running');
  }

  #changeTrial(operation: Extract<Operation, { readonly trialId: number }>): void {
    const found = this.#trials[operation.trialId];
    if (!found || isFinished(found.trial.state)) return;
    const { trial, study } = found;
    switch (operation.op) {
      case 'param':
        setParam(study, trial, operation.name, operation.value, operation.distribution);
        return;
      case 'report':
        trial.intermediateValues.set(operation.step, operation.value);
        return;
      case 'trial attr':
        setAttr(trial, operation);
        return;
      case 'state': {
        const { state, value, at } = operation;
        if (state === 'running' && trial.state === 'running') return; // somebody else was first
        if (state === 'running') trial.startedAt = at;
        if (isFinished(state)) trial.endedAt = at;
        if (value !== undefined) trial.value = value;
        enter(study, trial, state);
      }
    }
  }
}

function enter(study: OpenStudy, trial: OpenTrial, state: TrialState): void {
  study.waiting.delete(trial);
  study.running.delete(trial);
  trial.state = state;
  if (isFinished(state)) study.finished.push(trial);
  else (state === 'waiting' ? study.waiting : study.running).add(trial);
}

function setAttr(
  owner: Pick<OpenTrial, 'userAttrs' | 'systemAttrs'>,
  { of, attr: [key, value] }: Extract<Operation, { readonly attr: Attr }>,
): void {
  owner[of === 'user' ? 'userAttrs' : 'systemAttrs'][key] = value;
}

function setParam(
  study: OpenStudy,
  trial: OpenTrial,
  name: string,
  value: number,
  distribution: Distribution,
): void {
  const first = study.distributions.get(name);
  if (first && !isCompatible(first, distribution)) return;
  if (!first) study.distributions.set(name, distribution);
  trial.inner.set(name, value);
  trial.params[name] = toExternal(distribution, value);
  trial.distributions[name] = distribution;
}
