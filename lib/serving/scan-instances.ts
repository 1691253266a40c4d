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
    this.skipSpaces();
    return this.at === this.bytes.length;
  }

  take(byte: number): boolean {
    this.skipSpaces();
    if (this.bytes[this.at] !== byte) return false;
    this.at++;
    return true;
  }

  /** Lists in lists of `shape`, with numbers in the last. */
  takeImage(shape: readonly number[], axis = 0): boolean {
    if (!this.take(openList)) return false;
    for (let i = 0; i < shape[axis]; i++) {
      if (i > 0 && !this.take(comma)) return false;
      if (!(axis + 1 < shape.length ? this.takeImage(shape, axis + 1) : this.takeNumber())) return false;
    }
    return this.take(closeList);
  }

  private takeKey(): boolean {
    this.skipSpaces();
    if (!key.equals(this.bytes.subarray(this.at, this.at + key.length))) return false;
    this.at += key.length;
    return true;
  }

  private takeNumber(): boolean {
    this.skipSpaces();
    const first = this.at;
    let value = 0;
    for (; ; this.at++) {
      const digit = this.bytes[this.at] - zero;
      if (!(digit >= 0 && digit <= 9)) break;
      value = 10 * value + digit;
    }
    const digits = this.at - first;
    // JSON has no 007.
    if (digits === 0 || value > 255 || (digits > 1 && this.bytes[first] === zero)) return false;
    this.pixels[this.taken++] = value;
    return true;
  }

  private skipSpaces(): void {
    while (this.bytes[this.at] <= lastSpace && spaces.includes(this.bytes[this.at])) this.at++;
  }
}
