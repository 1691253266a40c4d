import { CourseError } from '../errors';
import {
  type Choice,
  createStudy,
  type Params,
  randomSampler,
  SearchSpaceError,
  type Trial,
} from '../tuning';
import { type TrainingConfig, withSetting } from './config';

/** The numbers of a range, whole ones with `int`; see `Trial.suggestFloat`. */
export interface SpaceRange {
  readonly low: number;
  readonly high: number;
  readonly log?: boolean;
  readonly step?: number;
  readonly int?: boolean;
  readonly when?: Params;
}

export interface SpaceChoices {
  readonly choices: readonly Choice[];
  /** Asked for only where these other settings have these values. */
  readonly when?: Params;
}

/**
 * What is searched: values for settings of a training, by their names as `withSetting` takes them. Plain JSON:
 * `{ "optimizer.learningRate": { "low": 0.01, "high": 1, "log": true }, "batchSize": { "choices": [64, 128] } }`
 */
export type SearchSpace = Readonly<Record<string, SpaceRange | SpaceChoices>>;

/** What can be searched; the rest says what is compared, and by which images. `modelOptions` are known to the network. */
const searchable: Readonly<Record<string, readonly string[] | 'value' | 'any'>> = {
  batchSize: 'value',
  dropRemainder: 'value',
  labelSmoothing: 'value',
  clipNorm: 'value',
  whitening: 'value',
  modelOptions: 'any',
  optimizer: ['name', 'learningRate', 'momentum', 'nesterov', 'weightDecay'],
  schedule: ['name', 'warmup', 'start', 'peak', 'end', 'factor'],
  earlyStopping: ['monitor', 'patience', 'minDelta'],
  averaging: ['name', 'every', 'decay'],
};

const whole = ['batchSize', 'earlyStopping.patience', 'averaging.every'];

/** A space that suits the configuration: learning rate, batch size, and what the network has against learning by heart. */
export function defaultSpace({ model, optimizer }: TrainingConfig): SearchSpace {
  const around = optimizer.learningRate;
  const decays = optimizer.name === 'adam' || model === 'airbench' ? 0 : 1; // that of airbench is in its groups
  const dropout = model === 'regularized' || model === 'vgg' ? 1 : 0;
  const entries: readonly (readonly [string, SpaceRange | SpaceChoices, number])[] = [
    ['optimizer.learningRate', { low: shortened(around / 10), high: shortened(around * 5), log: true }, 1],
    ['batchSize', { choices: [64, 128, 256] }, model === 'airbench' ? 0 : 1],
    ['optimizer.weightDecay', { low: 1e-5, high: 5e-3, log: true }, decays],
    ['modelOptions.dropout', { low: 0, high: 0.4 }, dropout],
    ['labelSmoothing', { low: 0, high: 0.2 }, 1],
  ];
  return Object.fromEntries(entries.flatMap(([name, entry, fits]) => (fits ? [[name, entry]] : [])));
}

/** `value`, read from a file, as a space; throws a CourseError that says what is wrong with it. */
export function parseSpace(value: unknown, { source }: { readonly source: string }): SearchSpace {
  if (!isRecord(value) || Object.keys(value).length === 0) {
    throw new CourseError(
      `${source}: expected settings to search, such as { "batchSize": { "choices": [64, 128] } }, got ${JSON.stringify(value)?.slice(0, 40)}`,
    );
  }
  const before = new Map<string, unknown>();
  for (const [name, entry] of Object.entries(value)) {
    const wrong = problemOf(name, entry, before);
    if (wrong) throw new CourseError(`${source}: ${name}: ${wrong}`);
    before.set(name, entry);
  }
  const space = value as SearchSpace;
  tryOut(space, source);
  return space;
}

/** Asks for every setting once: a range that cannot be is known before the first training. */
function tryOut(space: SearchSpace, source: string): void {
  const trial = createStudy({ sampler: randomSampler() }).ask();
  for (const [name, entry] of Object.entries(space)) {
    try {
      if (trial) suggest(trial, name, entry);
    } catch (error) {
      throw error instanceof CourseError ? new CourseError(`${source}: ${error.message}`) : error;
    }
  }
}

function problemOf(name: string, entry: unknown, before: ReadonlyMap<string, unknown>): string | undefined {
  const [first, second, ...more] = name.split('.');
  const inside = Object.hasOwn(searchable, first) ? searchable[first] : undefined;
  if (!inside) return `cannot be searched; expected one of: ${Object.keys(searchable).join(', ')}`;
  if (inside === 'value' && second !== undefined) return `has nothing inside; search ${first}`;
  if (inside !== 'value' && (second === undefined || more.length > 0)) return `expected ${first}.NAME`;
  if (Array.isArray(inside) && !inside.includes(second)) {
    return `unknown; expected ${first} with one of: ${inside.join(', ')}`;
  }
  if (!isRecord(entry)) return 'expected { "low", "high" } or { "choices" }';
  const known = 'choices' in entry ? ['choices', 'when'] : ['low', 'high', 'log', 'step', 'int', 'when'];
  const unknown = Object.keys(entry).find((key) => !known.includes(key));
  if (unknown) return `unknown ${unknown}; expected ${known.join(', ')}`;
  if ('choices' in entry && !Array.isArray(entry.choices)) return 'expected a list of choices';
  if (!('choices' in entry) && whole.includes(name) && entry.int !== true) {
    return 'expected whole numbers; add "int": true, or use choices';
  }
  return conditionProblem(entry.when, before);
}

function conditionProblem(when: unknown, before: ReadonlyMap<string, unknown>): string | undefined {
  if (when === undefined) return undefined;
  if (!isRecord(when)) return 'when: expected values of other settings, such as { "optimizer.name": "sgd" }';
  for (const [other, value] of Object.entries(when)) {
    const entry = before.get(other);
    if (!isRecord(entry) || !Array.isArray(entry.choices))
      return `when: expected choices of ${other} before it`;
    if (!entry.choices.includes(value)) {
      return `when: ${other} is never ${JSON.stringify(value)}; expected one of: ${JSON.stringify(entry.choices)}`;
    }
  }
  return undefined;
}

/** Asks the trial for a value of every setting whose condition holds. Throws a SearchSpaceError as `trial.suggest...`. */
export function suggestSettings(trial: Trial, space: SearchSpace): Params {
  const settings: Record<string, Choice> = {};
  for (const [name, entry] of Object.entries(space)) {
    const holds = Object.entries(entry.when ?? {}).every(([other, value]) => settings[other] === value);
    if (holds) settings[name] = suggest(trial, name, entry);
  }
  return settings;
}

function suggest(trial: Trial, name: string, entry: SpaceRange | SpaceChoices): Choice {
  if ('choices' in entry) return trial.suggestCategorical(name, entry.choices);
  return entry.int ? trial.suggestInt(name, entry) : trial.suggestFloat(name, entry);
}

/**
 * The values of a grid: all choices and steps, and of a range without steps `points` values at equal distances, with log
 * equal ratios. Throws a SearchSpaceError for a condition: a grid is for settings that all trials have.
 */
export function gridOf(space: SearchSpace, { points = 3 } = {}): Readonly<Record<string, readonly Choice[]>> {
  return Object.fromEntries(
    Object.entries(space).map(([name, entry]) => {
      if (entry.when) throw new SearchSpaceError(`grid: ${name}: expected no "when"; use another sampler`);
      return [name, 'choices' in entry ? entry.choices : valuesOf(entry, points)];
    }),
  );
}

function valuesOf({ low, high, log, step, int }: SpaceRange, points: number): number[] {
  if (step !== undefined) {
    return Array.from({ length: Math.round((high - low) / step) + 1 }, (_, i) => low + i * step);
  }
  const between = (share: number) => (log ? low * (high / low) ** share : low + (high - low) * share);
  const values = Array.from({ length: points }, (_, i) => {
    if (i === points - 1) return high; // to the last bit
    const value = between(i / (points - 1));
    return int ? Math.round(value) : value;
  });
  return [...new Set(values)];
}

/** `config` with the settings of a trial. */
export function withSettings(config: TrainingConfig, settings: Params): TrainingConfig {
  return Object.entries(settings).reduce(
    (changed, [name, value]) => withSetting(changed, name, JSON.stringify(value)),
    config,
  );
}

function shortened(value: number): number {
  return Number(value.toPrecision(2));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
