import type { Random } from '../random';
import {
  type Choice,
  categoricalDistribution,
  contains,
  type Distribution,
  floatDistribution,
  intDistribution,
  isCompatible,
  isSingle,
  type RangeOptions,
  SearchSpaceError,
  sameDistribution,
  toExternal,
  toInternal,
} from './distributions';
import type { Params } from './frozen-trial';
import { isObject, type Json, toPythonJson } from './json';
import type { Pruner } from './pruner';
import type { StudyRecord, TrialRecord } from './records';
import type { Sampler, Suggestion } from './sampler';
import type { Storage } from './storage';
import { fixedParamsKey, togetherKey } from './system-attrs';
import type { Writer } from './writer';

/** Thrown by an objective that stops a trial early, as `shouldPrune` advised. */
export class TrialPruned extends Error {
  override name = 'TrialPruned';
}

/** What a trial needs of its study. */
export interface TrialSurroundings {
  readonly study: StudyRecord;
  readonly storage: Storage;
  readonly writer: Writer;
  readonly sampler: Sampler;
  readonly pruner: Pruner;
  /** This trial's own stream. */
  readonly random: Random;
}

/**
 * A running trial, as the objective gets it: asking for parameters is what defines the search space, so a parameter can
 * be asked for only where another one has some value. Asking again for the same name gives the same value.
 */
export class Trial {
  readonly number: number;
  readonly #asked = new Map<string, { readonly distribution: Distribution; readonly value: number }>();
  readonly #reported = new Set<number>();
  #together: ReadonlyMap<string, Suggestion> | undefined;

  constructor(
    readonly record: TrialRecord,
    private readonly around: TrialSurroundings,
  ) {
    this.number = record.number;
  }

  /** The parameters so far. */
  get params(): Params {
    return Object.fromEntries(
      [...this.#asked].map(([name, { distribution, value }]) => [name, toExternal(distribution, value)]),
    );
  }

  /** A number from low to high. Throws a SearchSpaceError for a range that cannot be, or that was another one before. */
  suggestFloat(name: string, range: RangeOptions): number {
    return this.#suggest(name, floatDistribution(name, range));
  }

  /** A whole number from low to high, both included. Throws as `suggestFloat`. */
  suggestInt(name: string, range: RangeOptions): number {
    return this.#suggest(name, intDistribution(name, range));
  }

  /** One of the choices. Throws a SearchSpaceError for none, or for others than before. */
  suggestCategorical<T extends Choice>(name: string, choices: readonly T[]): T {
    return choices[this.#suggest(name, categoricalDistribution(name, choices))];
  }

  /** Reports the value of a step, such as the validation loss of an epoch; the first report of a step counts. */
  report(value: number, { step }: { readonly step: number }): void {
    if (!(Number.isSafeInteger(step) && step >= 0)) {
      throw new RangeError(`step: expected a whole number of at least 0, got ${step}`);
    }
    if (this.#reported.has(step) || this.record.intermediateValues.has(step)) return;
    this.#reported.add(step);
    this.around.writer.add({ op: 'report', trialId: this.record.id, step, value });
  }

  /** Whether the study's pruner would stop this trial after its last report; if so, throw a `TrialPruned`. */
  shouldPrune(): boolean {
    const { writer, storage, pruner, study } = this.around;
    writer.flush();
    storage.refresh();
    const { prune, systemAttrs = {} } = pruner.decide(study, this.record);
    for (const attr of Object.entries(systemAttrs)) {
      writer.add({ op: 'trial attr', trialId: this.record.id, of: 'system', attr });
    }
    return prune;
  }

  /** Keeps something with the trial, such as the number of its parameters. */
  setUserAttr(key: string, value: Json): void {
    this.around.writer.add({ op: 'trial attr', trialId: this.record.id, of: 'user', attr: [key, value] });
  }

  #suggest(name: string, distribution: Distribution): number {
    const asked = this.#asked.get(name);
    const before = asked?.distribution ?? this.around.study.distributions.get(name);
    if (before && !(asked ? sameDistribution : isCompatible)(before, distribution)) {
      throw new SearchSpaceError(
        `${name}: expected the distribution it had before, ${describe(before)}, got ${describe(distribution)}; give one of them another name`,
      );
    }
    if (asked) return asked.value;
    const value = this.#known(name, distribution) ?? this.#draw(name, distribution);
    this.#asked.set(name, { distribution, value });
    if (!this.record.inner.has(name)) {
      this.around.writer.add({ op: 'param', trialId: this.record.id, name, value, distribution });
    }
    return value;
  }

  /** The value that a retried or enqueued trial was made with, or the only possible one. */
  #known(name: string, distribution: Distribution): number | undefined {
    const fixed = this.record.systemAttrs[fixedParamsKey];
    const given = isObject(fixed) ? fixed[name] : undefined;
    const value =
      this.record.inner.get(name) ??
      (given === undefined ? undefined : toInternal(distribution, toChoice(given)));
    if (value === undefined)
      return isSingle(distribution) ? toInternal(distribution, first(distribution)) : undefined;
    if (contains(distribution, value)) return value;
    throw new SearchSpaceError(
      `${name}: expected one of ${describe(distribution)}, got ${toPythonJson(given ?? value)}, which trial ${this.number} was given; correct either`,
    );
  }

  #draw(name: string, distribution: Distribution): number {
    const { study, sampler, random } = this.around;
    const context = { study, trial: this.record };
    this.#together ??= this.#drawTogether();
    const drawn = this.#together.get(name);
    if (drawn && contains(distribution, drawn.value)) return drawn.value;
    return sampler.sample({ ...context, random: random.fork(name) }, name, distribution);
  }

  /** Other workers learn at once what this trial is going to ask for. */
  #drawTogether(): ReadonlyMap<string, Suggestion> {
    const { study, sampler, random, writer } = this.around;
    const suggestions =
      sampler.sampleTogether?.({ study, trial: this.record, random: random.fork('together') }) ?? [];
    const text = toPythonJson(
      Object.fromEntries(
        suggestions.map(({ name, distribution, value }) => [name, toExternal(distribution, value)]),
      ),
    );
    for (let at = 0; suggestions.length > 0 && at < text.length; at += 2045) {
      const attr = [`${togetherKey}:${at / 2045}`, text.slice(at, at + 2045)] as const;
      writer.add({ op: 'trial attr', trialId: this.record.id, of: 'system', attr });
    }
    return new Map(suggestions.map((suggestion) => [suggestion.name, suggestion]));
  }
}

function first(distribution: Distribution): Choice {
  return distribution.kind === 'categorical' ? distribution.choices[0] : distribution.low;
}

function toChoice(value: unknown): Choice {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
}

function describe(distribution: Distribution): string {
  if (distribution.kind === 'categorical') return toPythonJson(distribution.choices);
  const { kind, low, high, log, step } = distribution;
  const stepped = step === null || (kind === 'int' && step === 1) ? '' : ` in steps of ${step}`;
  return `${kind} ${low} to ${high}${log ? ' with log' : ''}${stepped}`;
}
