import type { ImageDemands, Images } from './pictures';

/**
 * The images of `{"instances": [...]}` where that is all of the request, in whole numbers of 0 to 255 nested in the right
 * shape: what most clients send. They are read from the bytes in one pass, without the thousand lists that they stand for.
 * Undefined for anything else, right or wrong, which is then to be parsed.
 */
export function scanInstances(
  body: Uint8Array,
  { inputShape, maxImages }: Pick<ImageDemands, 'inputShape' | 'maxImages'>,
): Images | undefined {
  const size = inputShape.reduce((product, length) => product * length, 1);
  const most = Math.min(maxImages, Math.floor(body.length / (2 * size))); // a digit and what follows it
  const scanner = new Scanner(body, new Uint8Array(most * size));
  if (!scanner.takeStart()) return undefined;
  let count = 0;
  do {
    if (count === most || !scanner.takeImage(inputShape)) return undefined;
    count++;
  } while (scanner.take(comma));
  if (!scanner.takeEnd()) return undefined;
  return { pixels: scanner.pixels.subarray(0, count * size), count };
}

const key = Buffer.from('"instances"');
const [openObject, closeObject, openList, closeList, colon, comma, zero] = [...Buffer.from('{}[]:,0')];
const spaces = [...Buffer.from(' \n\r\t')];
const lastSpace = 0x20;

/** Each `take` says whether something is next; then it is behind us. */
class Scanner {
  private at = 0;
  private taken = 0;

  constructor(
    private readonly bytes: Uint8Array,
    readonly pixels: Uint8Array,
  ) {}

  takeStart(): boolean {
    return this.take(openObject) && this.takeKey() && this.take(colon) && this.take(openList);
  }

  takeEnd(): boolean {
    if (!this.take(closeList) || !this.take(closeObject)) return false;
    return this.skipSpaces(this.at) === this.bytes.length;
  }

  take(byte: number): boolean {
    this.at = this.skipSpaces(this.at);
    if (this.bytes[this.at] !== byte) return false;
    this.at++;
    return true;
  }

  /** Lists in lists of `shape`, with numbers in the last. */
  takeImage(shape: readonly number[], axis = 0): boolean {
    if (axis === shape.length - 1) return this.takeNumbers(shape[axis]);
    if (!this.take(openList)) return false;
    for (let i = 0; i < shape[axis]; i++) {
      if ((i > 0 && !this.take(comma)) || !this.takeImage(shape, axis + 1)) return false;
    }
    return this.take(closeList);
  }

  private takeKey(): boolean {
    this.at = this.skipSpaces(this.at);
    if (!key.equals(this.bytes.subarray(this.at, this.at + key.length))) return false;
    this.at += key.length;
    return true;
  }

  /** A list of so many numbers; in one loop, since there are thousands. */
  private takeNumbers(count: number): boolean {
    const { bytes, pixels } = this;
    let { at, taken } = this;
    for (let i = 0; i < count; i++) {
      at = this.skipSpaces(at);
      if (bytes[at++] !== (i === 0 ? openList : comma)) return false;
      at = this.skipSpaces(at);
      const first = at;
      let value = 0;
      let digit = bytes[at] - zero;
      while (digit >= 0 && digit <= 9) {
        value = 10 * value + digit;
        digit = bytes[++at] - zero;
      }
      const digits = at - first;
      // JSON has no 007.
      if (digits === 0 || value > 255 || (digits > 1 && bytes[first] === zero)) return false;
      pixels[taken++] = value;
    }
    this.at = at;
    this.taken = taken;
    return this.take(closeList);
  }

  /** Where the next byte is that is no white space. */
  private skipSpaces(from: number): number {
    const { bytes } = this;
    let at = from;
    while (bytes[at] <= lastSpace && spaces.includes(bytes[at])) at++;
    return at;
  }
}
