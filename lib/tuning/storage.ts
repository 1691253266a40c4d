import { randomUUID } from 'node:crypto';
import { CourseError } from '../errors';
import { JournalFile } from './journal-file';
import { type LockOptions, withJournalLock } from './journal-lock';
import { fromLine, type Operation, toLine } from './operations';
import { Records } from './records';

/** Where studies live. All of it blocks for the moment it takes, so that a parameter is on disk when it is known. */
export interface Storage {
  /** What it is called in messages. */
  readonly name: string;
  /** Everything that was read or written so far. */
  readonly records: Records;
  /** Takes in what other processes wrote. */
  refresh(): void;
  /**
   * Makes changes: `write` sees all that others wrote, alone while it runs, and gives the operations that follow; when
   * the call returns they are on disk and in `records`, all of them.
   */
  change(write: (records: Records) => readonly Operation[]): void;
}

/** A storage that lives as long as this process. */
export function memoryStorage(): Storage {
  const records = new Records();
  return {
    name: 'memory',
    records,
    refresh: () => undefined,
    change: (write) => {
      for (const operation of write(records)) records.apply(operation);
    },
  };
}

/**
 * A storage in a file, Optuna's journal: several processes may use it at once, Optuna's own too, as
 * `optuna.storages.JournalStorage(optuna.storages.journal.JournalFileBackend(file))`. Makes the file where it is missing.
 * Throws a CourseError for one that is no journal.
 */
export function journalStorage(file: string, options: LockOptions = {}): Storage {
  const journal = new JournalFile(file);
  const records = new Records();
  const workerId = `${randomUUID()}-${process.pid}`;
  let lineNumber = 0;
  const take = (line: string): void => {
    records.apply(parse(line, `${file}, line ${lineNumber + 1}`) ?? skipped);
    lineNumber++;
  };
  const storage: Storage = {
    name: file,
    records,
    refresh: () => journal.readNew(take),
    change: (write) =>
      withJournalLock(
        file,
        () => {
          let operations: readonly Operation[] = [];
          journal.append(take, () => {
            operations = write(records);
            return operations.map((operation) => toLine(operation, { workerId }));
          });
          for (const operation of operations) records.apply(operation);
          lineNumber += operations.length;
        },
        options,
      ),
  };
  storage.refresh();
  return storage;
}

/** Changes nothing: no study has this id. */
const skipped: Operation = { op: 'delete study', studyId: -1 };

function parse(line: string, place: string): Operation | undefined {
  try {
    return fromLine(line);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CourseError(
      `${place}: expected an operation of Optuna's journal, got ${JSON.stringify(line.slice(0, 40))} (${reason}); keep a copy of the file, remove this line and try again`,
    );
  }
}
