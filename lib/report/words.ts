import type { Interval } from '../evaluation';

/** A share of 0 to 1, such as `93.9 %`, which no line breaks; `–` for NaN. */
export function percent(share: number, digits = 1): string {
  return Number.isNaN(share) ? '–' : `${(100 * share).toFixed(digits)}\u00a0%`;
}

/** Such as `85.5 % to 86.8 %`. */
export function percentRange({ low, high }: Interval, digits = 1): string {
  return `${percent(low, digits)} to ${percent(high, digits)}`;
}

/** A share as 0.861, or `–` for NaN. */
export function decimal(value: number, digits = 3): string {
  return Number.isNaN(value) ? '–' : value.toFixed(digits);
}

/** A whole number with commas, such as `10,000`. */
export function whole(value: number): string {
  return value.toLocaleString('en');
}

/** Such as `p = 0.034`, or `p < 0.001`. */
export function pValue(p: number): string {
  return p < 0.001 ? 'p < 0.001' : `p = ${p.toFixed(3)}`;
}
