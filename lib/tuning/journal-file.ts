import {
  closeSync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { writeError } from '../atomic-file';
import { CourseError } from '../errors';

const newline = 0x0a;

/**
 * The lines of a journal: a file that only grows at its end. A last line without an end is one that a killed process
 * could not finish: reading stops before it, and the next `append` puts it right. Callers hold the journal's lock while
 * they append.
 */
export class JournalFile {
  /** Up to where complete lines were read or written, in bytes. */
  #offset = 0;

  /** Makes the file, and its folder, where it is missing. */
  constructor(readonly path: string) {
    try {
      mkdirSync(dirname(path), { recursive: true });
      closeSync(openSync(path, 'a'));
    } catch (error) {
      throw writeError(path, error);
    }
  }

  /** Gives every complete line that was not given yet, without its end, to `take`. */
  readNew(take: (line: string) => void): void {
    this.#withFile('r', (file) => this.#read(file, take));
  }

  /**
   * Reads what is new, then appends the lines that `write` gives, one at least or nothing happens, and flushes them to
   * the disk. Where the disk refuses, the file stays as it was and a CourseError says so.
   */
  append(take: (line: string) => void, write: () => readonly string[]): void {
    this.#withFile('r+', (file) => {
      this.#read(file, take);
      this.#repair(file, take);
      const lines = write();
      if (lines.length === 0) return;
      const content = Buffer.from(`${lines.join('\n')}\n`);
      try {
        for (let done = 0; done < content.length; ) {
          done += writeSync(file, content, done, content.length - done, this.#offset + done);
        }
        fdatasyncSync(file);
      } catch (error) {
        ftruncateSync(file, this.#offset); // half a line would be worse than none
        throw writeError(this.path, error);
      }
      this.#offset += content.length;
    });
  }

  #withFile(flags: string, work: (file: number) => void): void {
    let file: number;
    try {
      file = openSync(this.path, flags);
    } catch (error) {
      if (this.#offset > 0 && error instanceof Error && 'code' in error && error.code === 'ENOENT') {
        throw new CourseError(
          `${this.path}: this journal was removed while in use; put it back and try again`,
        );
      }
      throw writeError(this.path, error);
    }
    try {
      if (fstatSync(file).size < this.#offset) {
        throw new CourseError(
          `${this.path}: this journal was cut while in use; put the whole one back and try again`,
        );
      }
      work(file);
    } finally {
      closeSync(file);
    }
  }

  #read(file: number, take: (line: string) => void): void {
    const chunk = Buffer.alloc(Math.min(1 << 20, fstatSync(file).size - this.#offset + 1));
    let begun = Buffer.alloc(0); // a line whose end comes in a later chunk
    for (let at = this.#offset; ; ) {
      const count = readSync(file, chunk, 0, chunk.length, at);
      if (count === 0) return;
      at += count;
      let start = 0;
      for (let end = chunk.indexOf(newline); end !== -1 && end < count; end = chunk.indexOf(newline, start)) {
        const line = chunk.subarray(start, end);
        const whole = begun.length > 0 ? Buffer.concat([begun, line]) : line;
        begun = Buffer.alloc(0);
        take(whole.toString('utf8'));
        this.#offset += whole.length + 1;
        start = end + 1;
      }
      begun = Buffer.concat([begun, chunk.subarray(start, count)]);
    }
  }

  /** Ends a last line that lacks nothing but its end, and removes one that lacks more: nobody was told it is there. */
  #repair(file: number, take: (line: string) => void): void {
    const rest = fstatSync(file).size - this.#offset;
    if (rest === 0) return;
    const line = Buffer.alloc(rest);
    readSync(file, line, 0, rest, this.#offset);
    if (isWhole(line.toString('utf8'))) {
      writeSync(file, '\n', this.#offset + rest);
      this.#read(file, take);
    } else {
      ftruncateSync(file, this.#offset);
    }
  }
}

/** A line is an object, and no beginning of an object is one. */
function isWhole(line: string): boolean {
  return line.startsWith('{') && line.endsWith('}') && isJson(line);
}

function isJson(line: string): boolean {
  try {
    JSON.parse(line.replace(/-?Infinity|NaN/g, 'null'));
    return true;
  } catch {
    return false;
  }
}
