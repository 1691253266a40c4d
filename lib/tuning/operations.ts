import { distributionFromJson, distributionToJson } from './distribution-json';
import type { Distribution } from './distributions';
import type { TrialState } from './frozen-trial';
import { fromPythonJson, isObject, type Json, toPythonJson } from './json';

/** One change of a study. The state is what all operations so far make of it. */
export type Operation =
  | { readonly op: 'create study'; readonly name: string; readonly directions: readonly number[] }
  | { readonly op: 'delete study'; readonly studyId: number }
  | {
      readonly op: 'study attr';
      readonly studyId: number;
      readonly of: 'user' | 'system';
      readonly attr: Attr;
    }
  | ({ readonly op: 'create trial'; readonly studyId: number } & NewTrial)
  | {
      readonly op: 'param';
      readonly trialId: number;
      readonly name: string;
      /** Inside value: a number, or the index of a choice. */
      readonly value: number;
      readonly distribution: Distribution;
    }
  | {
      readonly op: 'state';
      readonly trialId: number;
      readonly state: TrialState;
      readonly value?: number;
      readonly at?: Date;
    }
  | { readonly op: 'report'; readonly trialId: number; readonly step: number; readonly value: number }
  | {
      readonly op: 'trial attr';
      readonly trialId: number;
      readonly of: 'user' | 'system';
      readonly attr: Attr;
    };

export type Attr = readonly [key: string, value: Json];

/** What a trial can be made with. */
export interface NewTrial {
  /** Default running. */
  readonly state?: TrialState;
  readonly startedAt?: Date;
  readonly endedAt?: Date;
  readonly value?: number;
  readonly params?: Readonly<Record<string, { readonly value: number; readonly distribution: Distribution }>>;
  readonly userAttrs?: Readonly<Record<string, Json>>;
  readonly systemAttrs?: Readonly<Record<string, Json>>;
  readonly reports?: Readonly<Record<string, number>>;
}

/** Optuna's numbers of the states, as TrialState of its documentation. */
const states: readonly TrialState[] = ['running', 'complete', 'pruned', 'fail', 'waiting'];

/** The line, without its end, that stands for the operation in Optuna's journal. */
export function toLine(operation: Operation, { workerId }: { readonly workerId: string }): string {
  const [code, fields] = encode(operation);
  return toPythonJson({ op_code: code, worker_id: workerId, ...fields });
}

function encode(o: Operation): [code: number, fields: Record<string, unknown>] {
  switch (o.op) {
    case 'create study':
      return [0, { study_name: o.name, directions: o.directions }];
    case 'delete study':
      return [1, { study_id: o.studyId }];
    case 'study attr':
      return [o.of === 'user' ? 2 : 3, { study_id: o.studyId, [`${o.of}_attr`]: { [o.attr[0]]: o.attr[1] } }];
    case 'create trial':
      return [4, { study_id: o.studyId, ...encodeTrial(o) }];
    case 'param':
      return [
        5,
        {
          trial_id: o.trialId,
          param_name: o.name,
          param_value_internal: o.value,
          distribution: distributionToJson(o.distribution),
        },
      ];
    case 'state':
      return [
        6,
        {
          trial_id: o.trialId,
          state: states.indexOf(o.state),
          values: o.value === undefined ? null : [o.value],
          [o.state === 'running' ? 'datetime_start' : 'datetime_complete']: o.at && pythonTime(o.at),
        },
      ];
    case 'report':
      return [7, { trial_id: o.trialId, step: o.step, intermediate_value: o.value }];
    case 'trial attr':
      return [
        8 + Number(o.of === 'system'),
        { trial_id: o.trialId, [`${o.of}_attr`]: { [o.attr[0]]: o.attr[1] } },
      ];
  }
}

function encodeTrial(trial: NewTrial): Record<string, unknown> {
  const { state = 'running', params = {}, userAttrs = {}, systemAttrs = {}, reports = {} } = trial;
  const map = <T, U>(values: Readonly<Record<string, T>>, change: (value: T) => U): Record<string, U> =>
    Object.fromEntries(Object.entries(values).map(([key, value]) => [key, change(value)]));
  return {
    datetime_start: trial.startedAt ? pythonTime(trial.startedAt) : null,
    datetime_complete: trial.endedAt && pythonTime(trial.endedAt),
    state: states.indexOf(state),
    value: trial.value ?? null,
    values: null,
    distributions: map(params, ({ distribution }) => distributionToJson(distribution)),
    params: map(params, ({ value }) => value),
    user_attrs: userAttrs,
    system_attrs: systemAttrs,
    intermediate_values: reports,
  };
}

/** Python 3.10 reads no `Z` and wants six digits of a second. */
function pythonTime(date: Date): string {
  return date.toISOString().replace('Z', '000+00:00');
}

/**
 * The operation of a line of Optuna's journal; undefined for one that changes nothing here. Throws an Error for a line
 * that is none: the caller knows its number and file.
 */
export function fromLine(line: string): Operation | undefined {
  const log = fromPythonJson(line);
  if (!isObject(log)) throw new Error('expected an object');
  const read = new Reader(log);
  switch (log.op_code) {
    case 0:
      return { op: 'create study', name: read.text('study_name'), directions: read.numbers('directions') };
    case 1:
      return { op: 'delete study', studyId: read.number('study_id') };
    case 2:
    case 3: {
      const of = log.op_code === 2 ? 'user' : 'system';
      return { op: 'study attr', studyId: read.number('study_id'), of, attr: read.attr(`${of}_attr`) };
    }
    case 4:
      return { op: 'create trial', studyId: read.number('study_id'), ...decodeTrial(read) };
    case 5:
      return {
        op: 'param',
        trialId: read.number('trial_id'),
        name: read.text('param_name'),
        value: read.number('param_value_internal'),
        distribution: distributionFromJson(read.text('distribution')),
      };
    case 6: {
      const state = read.state('state');
      const at = read.date(state === 'running' ? 'datetime_start' : 'datetime_complete');
      const [value] = read.optional('values') ? read.numbers('values') : [];
      return { op: 'state', trialId: read.number('trial_id'), state, value, at };
    }
    case 7:
      return {
        op: 'report',
        trialId: read.number('trial_id'),
        step: read.number('step'),
        value: read.number('intermediate_value'),
      };
    case 8:
    case 9: {
      const of = log.op_code === 8 ? 'user' : 'system';
      return { op: 'trial attr', trialId: read.number('trial_id'), of, attr: read.attr(`${of}_attr`) };
    }
    case 10: // a note of another program, which Optuna skips too
      return undefined;
    default:
      throw new Error(`unknown op_code ${log.op_code}`);
  }
}

function decodeTrial(read: Reader): NewTrial {
  const distributions = read.object('distributions');
  const params = Object.entries(read.object('params')).map(([name, value]) => {
    const text = distributions[name];
    if (typeof value !== 'number' || typeof text !== 'string')
      throw new Error(`params: ${name} is incomplete`);
    return [name, { value, distribution: distributionFromJson(text) }];
  });
  const [value] = read.optional('values') ? read.numbers('values') : [];
  return {
    state: read.optional('state') === undefined ? 'running' : read.state('state'),
    startedAt: read.date('datetime_start'),
    endedAt: read.date('datetime_complete'),
    value: value ?? (read.optional('value') === undefined ? undefined : read.number('value')),
    params: Object.fromEntries(params),
    userAttrs: read.object('user_attrs'),
    systemAttrs: read.object('system_attrs'),
    reports: Object.fromEntries(
      Object.keys(read.object('intermediate_values')).map((step) => [
        step,
        read.in('intermediate_values').number(step),
      ]),
    ),
  };
}

/** Takes fields out of an object and says which one is not as it should be. */
class Reader {
  constructor(private readonly fields: Record<string, unknown>) {}

  optional(key: string): unknown {
    return this.fields[key] ?? undefined;
  }

  in(key: string): Reader {
    return new Reader(this.object(key));
  }

  text(key: string): string {
    const value = this.fields[key];
    return typeof value === 'string' ? value : this.#fail(key);
  }

  number(key: string): number {
    const value = this.fields[key];
    return typeof value === 'number' ? value : this.#fail(key);
  }

  numbers(key: string): number[] {
    const value = this.fields[key];
    if (!Array.isArray(value)) return this.#fail(key);
    return value.map((number) => (typeof number === 'number' ? number : this.#fail(key)));
  }

  state(key: string): TrialState {
    return states[this.number(key)] ?? this.#fail(key);
  }

  date(key: string): Date | undefined {
    return this.optional(key) === undefined ? undefined : new Date(this.text(key));
  }

  object(key: string): Record<string, Json> {
    const value = this.fields[key] ?? {};
    return isJsonObject(value) ? value : this.#fail(key);
  }

  attr(key: string): Attr {
    const [attr] = Object.entries(this.object(key));
    return attr ?? this.#fail(key);
  }

  #fail(key: string): never {
    throw new Error(`${key} is missing or of another kind`);
  }
}

/** What JSON.parse made holds nothing but JSON. */
function isJsonObject(value: unknown): value is Record<string, Json> {
  return isObject(value);
}
