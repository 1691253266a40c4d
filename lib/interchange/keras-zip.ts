import { crc32, inflateRawSync } from 'node:zlib';
import { zipSync } from 'fflate';
import { CourseError } from '../errors';

/** A zip file with these entries, as they are: Keras, too, compresses nothing. */
export function writeZip(entries: Readonly<Record<string, Uint8Array>>): Uint8Array {
  return zipSync({ ...entries }, { level: 0 });
}

const maxEntries = 1000;
const maxExpansion = 20; // of a compressed entry; weights hardly compress at all

/**
 * The entries `wanted` of a zip file that may come from anywhere, by name; those that are not there are left out.
 * Nothing is written to the disk, so that names do no harm. Sizes are checked before anything is allocated, and the
 * contents against their checksums.
 * https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.3
 * @throws CourseError for a damaged file, two entries of one name, and one that grows beyond measure when unpacked.
 */
export function readZip(bytes: Uint8Array, wanted: readonly string[]): ReadonlyMap<string, Uint8Array> {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const found = new Map<string, Uint8Array>();
  for (const entry of directoryOf(file)) {
    if (!wanted.includes(entry.name)) continue;
    if (found.has(entry.name)) throw new CourseError(`two entries of this zip file are named ${entry.name}`);
    found.set(entry.name, contentOf(file, entry));
  }
  return found;
}

interface Entry {
  readonly name: string;
  /** 0 is stored, 8 deflated. */
  readonly method: number;
  readonly flags: number;
  readonly checksum: number;
  /** In the file. */
  readonly storedSize: number;
  /** Unpacked, as the file says. */
  readonly size: number;
  readonly offset: number;
}

/** What the directory at the file's end lists. */
function directoryOf(file: Buffer): Entry[] {
  const end = file.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  if (end < 0 || end + 22 > file.length) throw damaged('its directory is missing; it is cut off');
  const count = file.readUInt16LE(end + 10);
  if (count > maxEntries) throw damaged(`expected at most ${maxEntries} entries, got ${count}`);
  const entries: Entry[] = [];
  let at = file.readUInt32LE(end + 16);
  for (let i = 0; i < count; i++) {
    if (at + 46 > end || file.readUInt32LE(at) !== 0x02014b50) throw damaged('its directory has holes');
    const nameLength = file.readUInt16LE(at + 28);
    entries.push({
      name: file.toString('utf8', at + 46, Math.min(at + 46 + nameLength, end)),
      flags: file.readUInt16LE(at + 8),
      method: file.readUInt16LE(at + 10),
      checksum: file.readUInt32LE(at + 16),
      storedSize: file.readUInt32LE(at + 20),
      size: file.readUInt32LE(at + 24),
      offset: file.readUInt32LE(at + 42),
    });
    at += 46 + nameLength + file.readUInt16LE(at + 30) + file.readUInt16LE(at + 32);
  }
  return entries;
}

function contentOf(file: Buffer, entry: Entry): Uint8Array {
  const { name, method, flags, checksum, storedSize, size, offset } = entry;
  if (offset + 30 > file.length || file.readUInt32LE(offset) !== 0x04034b50)
    throw damaged(`the entry ${name} is missing`);
  const start = offset + 30 + file.readUInt16LE(offset + 26) + file.readUInt16LE(offset + 28);
  const stored = file.subarray(start, start + storedSize);
  if (stored.length !== storedSize) throw damaged(`the entry ${name} is cut off`);
  if (flags & 1) throw new CourseError(`the entry ${name} of this zip file is encrypted`);
  if (size > maxExpansion * storedSize + 1000)
    throw new CourseError(
      `the entry ${name} of this zip file has ${storedSize} bytes and says that it unpacks to ${size}: a trap`,
    );
  const content = method === 0 ? stored : inflate(stored, { name, method, size });
  if (content.length !== size || crc32(content) !== checksum)
    throw damaged(`the entry ${name} does not match its checksum`);
  return content;
}

/** Stops at the size that was announced. */
function inflate(
  stored: Uint8Array,
  { name, method, size }: Pick<Entry, 'name' | 'method' | 'size'>,
): Uint8Array {
  if (method !== 8) throw damaged(`the entry ${name} is packed in a way, ${method}, that is not known here`);
  try {
    return inflateRawSync(stored, { maxOutputLength: Math.max(size, 1) });
  } catch (error) {
    throw damaged(`the entry ${name} cannot be unpacked: ${(error as Error).message}`);
  }
}

function damaged(cause: string): CourseError {
  return new CourseError(`this zip file cannot be read: ${cause}`);
}
