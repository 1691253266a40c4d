import { CourseError } from '../../errors';

/** What being late costs. */
export interface LatePolicy {
  /** Late by no more than this is on time. */
  readonly graceMs: number;
  /** Share of the earned points, 0 to 1, taken for each begun period. */
  readonly deduct?: { readonly share: number; readonly everyMs: number };
  /** Most that `deduct` takes, as a share of the earned points. */
  readonly max: number;
  /** Later than this earns nothing. */
  readonly refuseAfterMs?: number;
}

/** What a submission loses, in points. */
export interface Lateness {
  readonly lateMs: number;
  readonly penalty: number;
  readonly refused: boolean;
}

const units: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };
const periods: Readonly<Record<string, number>> = { hour: units.h, day: units.d, week: 7 * units.d };

const grammar =
  'none, or rules with commas between: grace=15m, deduct=10%/day (of what was earned; also /hour, /week), max=50%, refuse-after=7d (m, h, d)';

/** `deduct=10%/day,max=50%` -> the policy; throws a CourseError that shows the language. */
export function parseLatePolicy(text: string): LatePolicy {
  const policy = { graceMs: 0, max: 1 };
  if (text.trim() === 'none') return policy;
  const parts = text.split(',').map((part) => part.trim());
  const rules = parts.map((part) => parseRule(part, text));
  const keys = parts.map((part) => part.split('=', 1)[0]);
  const twice = keys.find((key, i) => keys.indexOf(key) !== i);
  if (twice !== undefined) throw new CourseError(`--late ${text}: ${twice} is there twice; give it once`);
  if (keys.includes('max') && !keys.includes('deduct')) {
    throw new CourseError(`--late ${text}: max limits a deduct, and there is none; expected ${grammar}`);
  }
  return Object.assign(policy, ...rules);
}

/** An instant with its zone, `2026-10-01T23:59Z` or `2026-10-01T23:59+02:00`; throws a CourseError for anything else. */
export function parseDue(text: string): Date {
  const date = parseInstant(text);
  if (date) return date;
  throw new CourseError(
    `--due ${text}: expected a date, a time and its zone, such as 2026-10-01T23:59Z or 2026-10-01T23:59+02:00`,
  );
}

/**
 * `2026-10-01T23:59:00Z`, or as nbgrader writes timestamp.txt: `2026-10-01 23:59:00.123456 UTC`. Undefined for what is no
 * instant. A zone must be there unless `zone` says which is meant without.
 */
export function parseInstant(text: string, { zone }: { readonly zone?: 'UTC' } = {}): Date | undefined {
  const match =
    /^(\d{4}-\d\d-(\d\d))[T ]([012]\d:[0-5]\d)(:[0-5]\d)?(\.\d{1,9})? ?(Z|UTC|GMT|[+-]\d\d:?\d\d)?$/.exec(
      text.trim(),
    );
  const given = match?.[6] ?? zone;
  if (!match || given === undefined) return undefined;
  const [, day, dayOfMonth, time, seconds = ':00', fraction = ''] = match;
  const offset = /^[+-]/.test(given) ? given.replace(/^(...)(\d\d)$/, '$1:$2') : 'Z';
  const date = new Date(`${day}T${time}${seconds}${fraction.slice(0, 4)}${offset}`);
  // Without this, 30 February is the 2nd of March.
  const exists = new Date(`${day}T00:00Z`).getUTCDate() === Number(dayOfMonth);
  return exists && !Number.isNaN(date.getTime()) ? date : undefined;
}

/** What a submission of `timestamp` loses of the points it earned; a part of a period counts as a whole one. */
export function latenessOf(
  earned: number,
  { policy, due, timestamp }: { readonly policy: LatePolicy; readonly due?: Date; readonly timestamp?: Date },
): Lateness {
  const lateMs = due && timestamp ? Math.max(0, timestamp.getTime() - due.getTime()) : 0;
  if (lateMs <= policy.graceMs) return { lateMs, penalty: 0, refused: false };
  if (policy.refuseAfterMs !== undefined && lateMs > policy.refuseAfterMs) {
    return { lateMs, penalty: earned, refused: true };
  }
  if (!policy.deduct) return { lateMs, penalty: 0, refused: false };
  const { share, everyMs } = policy.deduct;
  const lost = Math.min(Math.ceil(lateMs / everyMs) * share, policy.max, 1);
  return { lateMs, penalty: earned * lost, refused: false };
}

/** Such as `1 day 3 h`, rounded up to minutes. */
export function describeLateness(lateMs: number): string {
  const minutes = Math.ceil(lateMs / units.m);
  const [days, hours, rest] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24, minutes % 60];
  const parts = [days > 0 && `${days} ${days === 1 ? 'day' : 'days'}`, hours > 0 && `${hours} h`];
  return [...parts, (rest > 0 || minutes === 0) && `${rest} min`].filter(Boolean).join(' ');
}

function parseRule(rule: string, text: string): Partial<LatePolicy> {
  const [, key, value] = /^(grace|deduct|max|refuse-after)=(\S+)$/.exec(rule) ?? [];
  if (key === 'grace' || key === 'refuse-after') {
    const [, amount, unit] = /^(\d+(?:\.\d+)?)([mhd])$/.exec(value) ?? [];
    if (unit) {
      const ms = Number(amount) * units[unit];
      return key === 'grace' ? { graceMs: ms } : { refuseAfterMs: ms };
    }
  } else if (key !== undefined) {
    const [, percent, period] = /^(\d+(?:\.\d+)?)%(?:\/(hour|day|week))?$/.exec(value) ?? [];
    const share = Number(percent) / 100;
    if (share <= 1 && key === 'deduct' && period) return { deduct: { share, everyMs: periods[period] } };
    if (share <= 1 && key === 'max' && !period) return { max: share };
  }
  throw new CourseError(`--late ${text}: "${rule}" is no rule; expected ${grammar}`);
}
