import type { Chunks } from './place';

/** A regular file in a tar archive. */
export interface TarEntry {
  /** With the folders it is in, such as `package/test.png`. Not to be trusted as a path on this machine. */
  readonly name: string;
  readonly size: number;
}

const blockSize = 512;

/**
 * Reads an unpacked tar archive (POSIX.1-1988 ustar) and hands each regular file, in order, to `onFile`, which may
 * read all of its bytes, some, or none. Folders, links and extended headers are passed over. Nothing is written here,
 * so no name in the archive can reach outside. Throws when the archive is cut short or a header's checksum is wrong.
 */
export async function readTar(
  archive: Chunks,
  onFile: (entry: TarEntry, content: AsyncIterable<Uint8Array>) => Promise<void>,
): Promise<void> {
  const reader = new ByteReader(archive);
  try {
    while (true) {
      const header = await reader.take(blockSize);
      if (header.every((byte) => byte === 0)) return await reader.drain(); // the end: blocks of zeros
      const { type, ...entry } = parseHeader(header);
      const end = reader.position + Math.ceil(entry.size / blockSize) * blockSize;
      if (type === '0' || type === '\0') await onFile(entry, reader.pieces(entry.size));
      await reader.skip(end - reader.position); // what `onFile` left unread, and the padding
    }
  } finally {
    await reader.close();
  }
}

/** The fields of a header block that matter here. https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html */
function parseHeader(header: Buffer): TarEntry & { type: string } {
  const text = (start: number, length: number): string =>
    header.toString('utf8', start, start + length).replace(/\0.*$/s, '');
  const octal = (start: number, length: number): number => {
    const digits = text(start, length).trim();
    if (!/^[0-7]+$/.test(digits))
      throw new Error(`tar: expected an octal number, got ${JSON.stringify(digits)}`);
    return Number.parseInt(digits, 8);
  };
  const sum = header.reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 32 : byte), 0);
  if (sum !== octal(148, 8)) throw new Error(`tar: expected header checksum ${octal(148, 8)}, got ${sum}`);
  const prefix = text(257, 5) === 'ustar' && header[262] === 0 ? text(345, 155) : ''; // GNU tar keeps times there
  const name = text(0, 100);
  return {
    name: prefix ? `${prefix}/${name}` : name,
    size: octal(124, 12),
    type: String.fromCharCode(header[156]),
  };
}

/** Cuts a stream of chunks into the lengths asked for. */
class ByteReader {
  private readonly chunks: AsyncIterator<Uint8Array> | Iterator<Uint8Array>;
  private rest: Uint8Array = new Uint8Array(0);
  /** Bytes given out so far. */
  position = 0;

  constructor(chunks: Chunks) {
    this.chunks = Symbol.asyncIterator in chunks ? chunks[Symbol.asyncIterator]() : chunks[Symbol.iterator]();
  }

  /** The next `length` bytes, in the pieces they come in. */
  async *pieces(length: number): AsyncGenerator<Uint8Array> {
    let left = length;
    while (left > 0) {
      if (this.rest.length === 0) {
        const next = await this.chunks.next();
        if (next.done) throw new Error(`tar: the archive ends ${left} bytes early`);
        this.rest = next.value;
      }
      const piece = this.rest.subarray(0, left);
      this.rest = this.rest.subarray(piece.length);
      left -= piece.length;
      this.position += piece.length;
      yield piece;
    }
  }

  async take(length: number): Promise<Buffer> {
    const parts: Uint8Array[] = [];
    for await (const piece of this.pieces(length)) parts.push(piece);
    return Buffer.concat(parts);
  }

  async skip(length: number): Promise<void> {
    for await (const _ of this.pieces(length));
  }

  /** Reads on to the end of the stream, where its own checks (gzip, npm's integrity) report. */
  async drain(): Promise<void> {
    while (!(await this.chunks.next()).done);
  }

  async close(): Promise<void> {
    await this.chunks.return?.();
  }
}
