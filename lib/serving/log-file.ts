import { writeSync } from 'node:fs';

/**
 * Lines for a file descriptor, as a log wants it. What cannot be written, such as to a full disk, is lost: a server goes on
 * answering, and says how many lines are missing once it can again.
 */
export function logTo(
  fd: number,
  { write = writeSync }: { readonly write?: (fd: number, text: string) => number } = {},
): { write(line: string): void } {
  let lost = 0;
  const tryWrite = (text: string): boolean => {
    try {
      write(fd, text);
      return true;
    } catch {
      return false;
    }
  };
  return {
    write(line) {
      if (lost > 0) {
        const time = Date.now();
        const gap = JSON.stringify({ level: 40, time, lost, msg: 'lines of this log are missing' });
        if (!tryWrite(`${gap}\n`)) {
          lost++;
          return;
        }
        lost = 0;
      }
      if (!tryWrite(line)) lost++;
    },
  };
}
