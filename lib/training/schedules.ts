import { CourseError } from '../errors';

/** What the learning rate is multiplied by when `progress`, 0 to 1, of all steps are done. */
export type Schedule = (progress: number) => number;

/** Always the same. */
export function constant(): Schedule {
  return () => 1;
}

/**
 * Rises in a straight line to 1 during `warmup`, then falls to `end` along half a cosine: Loshchilov and Hutter 2016,
 * https://arxiv.org/abs/1608.03983, without restarts.
 */
export function cosine({ warmup = 0, end = 0 }: { warmup?: number; end?: number } = {}): Schedule {
  requireShare('warmup', warmup);
  return (progress) => {
    if (progress < warmup) return progress / warmup;
    const fallen = warmup < 1 ? (progress - warmup) / (1 - warmup) : 1;
    return end + ((1 - end) * (1 + Math.cos(Math.PI * fallen))) / 2;
  };
}

/** From `start` in a straight line to 1 at `peak` of the training, and from there to `end`. */
export function triangular({
  start = 0.2,
  peak = 0.23,
  end = 0.07,
}: {
  start?: number;
  peak?: number;
  end?: number;
} = {}): Schedule {
  requireShare('peak', peak);
  return (progress) =>
    progress < peak || peak === 1
      ? start + (1 - start) * (progress / peak)
      : 1 + (end - 1) * ((progress - peak) / (1 - peak));
}

/** 1, multiplied by `factor` at each of the shares of the training in `at`. */
export function steps({
  at = [0.5, 0.75],
  factor = 0.1,
}: {
  at?: readonly number[];
  factor?: number;
} = {}): Schedule {
  for (const share of at) requireShare('at', share);
  return (progress) => factor ** at.filter((share) => progress >= share).length;
}

const builders = { constant, cosine, steps, triangular } as const;

type Builders = typeof builders;

/** A schedule as plain JSON: the function's name beside its options, such as `{ name: 'cosine', warmup: 0.1 }`. */
export type ScheduleSpec = {
  [Name in keyof Builders]: { readonly name: Name } & (Parameters<Builders[Name]> extends [(infer Options)?]
    ? NonNullable<Options>
    : object);
}[keyof Builders];

export const scheduleNames: readonly string[] = Object.keys(builders);

/** The schedule that `spec` describes; throws a CourseError for a name that is not known. */
export function buildSchedule({ name, ...options }: ScheduleSpec): Schedule {
  if (!Object.hasOwn(builders, name)) {
    throw new CourseError(`unknown schedule ${name}; expected one of: ${scheduleNames.join(', ')}`);
  }
  const build = builders[name] as (options: object) => Schedule;
  return build(options);
}

function requireShare(name: string, value: number): void {
  if (value >= 0 && value <= 1) return;
  throw new RangeError(`${name}: expected a share of the training, 0 to 1, got ${value}`);
}
