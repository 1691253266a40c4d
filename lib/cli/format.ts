/** A share of 0 to 1, such as `93.88 %`. */
export function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`;
}

/** A number rounded to a whole one, such as `50,000`. */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en');
}
