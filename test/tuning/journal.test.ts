import { strict as assert } from 'node:assert';
import fs, { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createStudy, journalStorage, type Study, type Trial } from '../../lib/tuning';

async function inFolder(work: (folder: string) => void | Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'journal-'));
  try {
    await work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function objective(trial: Trial): number {
  const x = trial.suggestFloat('x', { low: -1, high: 1 });
  trial.report(x, { step: 0 });
  return trial.suggestCategorical('sign', ['+', '-']) === '+' ? x : -x;
}

function shown(study: Study): unknown[] {
  return study.trials.map(({ number, state, value, params }) => ({ number, state, value, params }));
}

function open(file: string): Study {
  return createStudy({ storage: journalStorage(file), seed: 1 });
}

describe('a journal', () => {
  it('holds a study for later processes, who go on as if nothing had been', () =>
    inFolder(async (folder) => {
      const whole = createStudy({ seed: 1 });
      await whole.optimize(objective, { trials: 25 });
      const file = join(folder, 'new', 'study.log');
      await open(file).optimize(objective, { trials: 7 });
      await open(file).optimize(objective, { trials: 18 });
      assert.deepEqual(shown(open(file)), shown(whole));
    }));

  it('shows each of several writers what the others wrote', () =>
    inFolder(async (folder) => {
      const file = join(folder, 'study.log');
      const [first, second] = [open(file), open(file)];
      for (let i = 0; i < 3; i++) {
        await first.optimize(objective, { trials: 1 });
        await second.optimize(objective, { trials: 1 });
      }
      assert.deepEqual(
        first.trials.map(({ number }) => number),
        [0, 1, 2, 3, 4, 5],
      );
      assert.deepEqual(shown(first), shown(second));
    }));

  it('may hold several studies, if that is said', () =>
    inFolder(async (folder) => {
      const storage = journalStorage(join(folder, 'study.log'));
      const a = createStudy({ name: 'a', storage });
      await a.optimize(objective, { trials: 2 });
      assert.throws(() => createStudy({ name: 'b', storage }), {
        name: 'CourseError',
        message: `${storage.name}: expected the study b, got a; use that name or another file`,
      });
      const b = createStudy({ name: 'b', storage, beside: true, direction: 'maximize' });
      await b.optimize(objective, { trials: 1 });
      assert.deepEqual([a.trials.length, b.trials.length], [2, 1]);
    }));

  it('refuses to go on in another direction', () =>
    inFolder((folder) => {
      const storage = journalStorage(join(folder, 'study.log'));
      createStudy({ storage });
      assert.throws(() => createStudy({ storage, direction: 'maximize' }), {
        name: 'CourseError',
        message: /the study study is to minimize, expected to maximize; use another name or file$/,
      });
    }));

  it('loses no complete trial, and counts none twice, wherever a killed process stopped writing', () =>
    inFolder(async (folder) => {
      const file = join(folder, 'study.log');
      const study = open(file);
      study.enqueue({ x: 0.5 });
      await study.optimize(objective, { trials: 3 });
      const bytes = readFileSync(file);
      const ends = [...bytes.keys()].filter((i) => bytes[i] === 0x0a);
      // all around the ends of lines, and some places within them
      const lengths = [...bytes.keys(), bytes.length].filter(
        (length) => length > ends[0] && (length % 11 === 0 || ends.some((end) => Math.abs(length - end) < 3)),
      );
      const cut = join(folder, 'cut.log');
      const { fdatasyncSync } = fs;
      Object.assign(fs, { fdatasyncSync: () => undefined }); // a thousand flushes would take the time of all other tests
      for (const length of lengths) {
        writeFileSync(cut, bytes.subarray(0, length));
        const lines = bytes.subarray(0, length).toString().split('\n');
        // a last line without its end still counts, once it is whole
        const ended = lines.filter((line) => /"op_code":6.*"state":1.*\}$/.test(line)).length;
        const resumed = open(cut);
        resumed.tell(resumed.ask() ?? assert.fail(), 100);
        const complete = resumed.trials.filter(({ state }) => state === 'complete');
        assert.equal(complete.length, ended + 1, `cut after ${length} bytes`);
        const text = readFileSync(cut, 'utf8');
        for (const line of text.trimEnd().split('\n')) JSON.parse(line);
        assert.ok(text.endsWith('\n'));
      }
      Object.assign(fs, { fdatasyncSync });
    })).timeout(60_000);

  it('says which line is damaged, and leaves the file as it is', () =>
    inFolder(async (folder) => {
      const file = join(folder, 'study.log');
      await open(file).optimize(objective, { trials: 1 });
      const lines = readFileSync(file, 'utf8').split('\n');
      const damages: readonly (readonly [string, RegExp])[] = [
        [
          '{"op_code":5,"tri',
          /line 3: expected an operation of Optuna's journal, got "\{\\"op_code\\":5,\\"tri" \(.*\); keep/,
        ],
        ['{"op_code":77}', /unknown op_code 77/],
        ['{"op_code":5,"trial_id":0}', /param_name is missing or of another kind/],
        ['[]', /expected an object/],
      ];
      for (const [damage, message] of damages) {
        const damaged = lines.map((line, i) => (i === 2 ? damage : line)).join('\n');
        writeFileSync(file, damaged);
        assert.throws(
          () => open(file),
          (error) => error instanceof Error && error.name === 'CourseError' && message.test(error.message),
        );
        assert.equal(readFileSync(file, 'utf8'), damaged);
      }
    }));

  it('skips what is no operation of a trial, and what came too late', () =>
    inFolder((folder) => {
      const file = join(folder, 'study.log');
      const study = open(file);
      study.tell(study.ask() ?? assert.fail(), 1);
      const late = {
        op_code: 6,
        worker_id: 'w',
        trial_id: 0,
        state: 3,
        values: null,
        datetime_complete: '2026-01-01T00:00:00+00:00',
      };
      const lines = [
        late,
        { op_code: 10, worker_id: 'w' },
        { op_code: 8, worker_id: 'w', trial_id: 99, user_attr: { a: 1 } },
      ];
      appendFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
      assert.equal(study.trials[0].state, 'complete');
    }));

  it('reads and writes NaN and Infinity as Python does', () =>
    inFolder((folder) => {
      const file = join(folder, 'study.log');
      const study = open(file);
      const trial = study.ask() ?? assert.fail();
      trial.report(Number.NaN, { step: 0 });
      trial.report(Number.NEGATIVE_INFINITY, { step: 1 });
      trial.setUserAttr('say', '"NaN", said Infinity');
      study.tell(trial, { state: 'pruned' });
      assert.match(readFileSync(file, 'utf8'), /"intermediate_value":NaN\}/);
      const [read] = open(file).trials;
      assert.deepEqual(
        [...read.intermediateValues],
        [
          [0, Number.NaN],
          [1, Number.NEGATIVE_INFINITY],
        ],
      );
      assert.deepEqual(read.userAttrs, { say: '"NaN", said Infinity' });
    }));

  it('stays as it was when the disk is full, and goes on when there is space again', () =>
    inFolder((folder) => {
      const file = join(folder, 'study.log');
      const study = open(file);
      const trial = study.ask() ?? assert.fail();
      trial.suggestFloat('x', { low: 0, high: 1 });
      const before = readFileSync(file, 'utf8');
      const { writeSync } = fs;
      const half = (fd: number, bytes: Buffer, from: number, length: number, at: number): number => {
        if (typeof bytes === 'string') return writeSync(fd, bytes); // the lock file has space
        if (from > 0)
          throw Object.assign(new Error('ENOSPC: no space left on device, write'), {
            code: 'ENOSPC',
            syscall: 'write',
          });
        return writeSync(fd, bytes, from, Math.floor(length / 2), at);
      };
      Object.assign(fs, { writeSync: half });
      try {
        assert.throws(() => study.tell(trial, 1), {
          name: 'CourseError',
          message: /study\.log: cannot be written: the disk is full/,
        });
      } finally {
        Object.assign(fs, { writeSync });
      }
      assert.equal(readFileSync(file, 'utf8'), before);
      assert.ok(!existsSync(`${file}.lock`));
      study.tell(trial, 1);
      assert.deepEqual(
        open(file).trials.map(({ state, params }) => [state, 'x' in params]),
        [['complete', true]],
      );
    }));

  it('says that the file was removed, or cut, while in use', () =>
    inFolder((folder) => {
      const file = join(folder, 'study.log');
      const study = open(file);
      const content = readFileSync(file);
      writeFileSync(file, content.subarray(0, 10));
      assert.throws(() => study.ask(), { name: 'CourseError', message: /this journal was cut while in use/ });
      rmSync(file);
      assert.throws(() => study.ask(), {
        name: 'CourseError',
        message: /this journal was removed while in use/,
      });
      writeFileSync(file, content);
      assert.equal(study.ask()?.number, 0);
    }));

  it('says that a file is no journal', () =>
    inFolder((folder) => {
      const file = join(folder, 'notes.txt');
      writeFileSync(file, 'Dear diary,\n');
      assert.throws(() => journalStorage(file), {
        name: 'CourseError',
        message: /notes\.txt, line 1: expected an operation/,
      });
      assert.throws(() => journalStorage(join(file, 'study.log')), {
        name: 'CourseError',
        message: /cannot be written/,
      });
    }));
});
