/**
 * What lies beyond the edge of an image: `zero` is black; `reflect` mirrors the image at its outermost pixels, without
 * repeating them: for a row `a b c d`, `c b | a b c d | c b`.
 */
export type Border = 'reflect' | 'zero';

/** Which of `size` pixels stands at position `i`, which may lie outside; -1 where it is black. */
export function pixelAt(i: number, size: number, border: Border): number {
  if (i >= 0 && i < size) return i;
  if (border === 'zero') return -1;
  if (size === 1) return 0;
  const period = 2 * (size - 1);
  const within = Math.abs(i) % period;
  return within < size ? within : period - within;
}
