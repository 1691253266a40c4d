import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import {
  type ClassProgress,
  type GradeClassOptions,
  gradeClass,
} from '../../../lib/grading/class/grade-class';
import { GradeJournal } from '../../../lib/grading/class/journal';
import { aGrade, aQuestion, aSubmission, aTest, makeFolder } from './fakes';

describe('gradeClass', () => {
  let made: ReturnType<typeof makeFolder>;
  let file: string;
  beforeEach(() => {
    made = makeFolder();
    file = join(made.folder, 'journal.jsonl');
  });
  afterEach(() => made.remove());

  const trio = ['ana', 'ben', 'cleo'].map((student) => aSubmission(student));
  const gradeOf = (path: string) => {
    const student = /(\w+)\.ipynb$/.exec(path)?.[1];
    return aGrade([aQuestion('q9.1')], { sha256: `hash of ${student}` });
  };
  const options = (rest: Partial<GradeClassOptions> = {}): GradeClassOptions => ({
    gradeOne: async (path) => gradeOf(path),
    journal: new GradeJournal(file),
    key: ({ sha256 }) => `key of ${sha256}`,
    ...rest,
  });
  const lines = () => readFileSync(file, 'utf8').split('\n').slice(0, -1);

  it('gives the grades in the order of the submissions, so many at once', async () => {
    let running = 0;
    let most = 0;
    const gradeOne = async (path: string) => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, path.includes('ana') ? 20 : 1));
      running--;
      return gradeOf(path);
    };
    const graded = await gradeClass(trio, options({ gradeOne, jobs: 2 }));
    assert.deepEqual(
      graded.map(({ submission, grade }) => [submission.student, grade?.score]),
      [
        ['ana', 2],
        ['ben', 2],
        ['cleo', 2],
      ],
    );
    assert.equal(most, 2);
  });

  it('grades nothing twice: what the journal knows, and the same file of two students', async () => {
    const paths: string[] = [];
    const gradeOne = async (path: string) => {
      paths.push(path);
      return gradeOf(path);
    };
    const twin = aSubmission('dan', { sha256: 'hash of ana' });
    const first = await gradeClass([...trio.slice(0, 2), twin], options({ gradeOne }));
    assert.deepEqual(paths, ['/class/ana.ipynb', '/class/ben.ipynb']);
    assert.deepEqual(first[2].grade, first[0].grade);
    const progress: ClassProgress[] = [];
    await gradeClass(trio, options({ gradeOne, onProgress: (one) => progress.push(one) }));
    assert.deepEqual(paths.slice(2), ['/class/cleo.ipynb']);
    assert.deepEqual(
      progress.map(({ done, total, kept }) => [done, total, kept]),
      [
        [1, 3, 1],
        [2, 3, 2],
        [3, 3, 2],
      ],
    );
  });

  it('ignores the torn last line of a killed run, and lines that are none of ours', async () => {
    await gradeClass(trio.slice(0, 2), options());
    appendFileSync(file, '{"key":1}\nnonsense\n');
    truncateSync(file, readFileSync(file).indexOf('\n', 10) + 30); // in the middle of ben's
    const paths: string[] = [];
    const gradeOne = async (path: string) => {
      paths.push(path);
      return gradeOf(path);
    };
    await gradeClass(trio, options({ gradeOne }));
    assert.deepEqual(paths, ['/class/ben.ipynb', '/class/cleo.ipynb']);
    assert.deepEqual(
      lines().map((line) => JSON.parse(line).key),
      ['key of hash of ana', 'key of hash of ben', 'key of hash of cleo'],
    );
  });

  it('goes on after a crash, and tries that one again in the next run', async () => {
    let broken = true;
    const gradeOne = async (path: string) => {
      if (broken && path.includes('ana')) throw new Error('no more processes');
      return gradeOf(path);
    };
    const [ana, ben] = await gradeClass(trio, options({ gradeOne }));
    assert.equal(ana.failure, 'no more processes');
    assert.equal(ben.grade?.score, 2);
    broken = false;
    const [again] = await gradeClass(trio, options({ gradeOne }));
    assert.equal(again.grade?.score, 2);
  });

  it('gives but does not keep a grade with an infrastructure failure', async () => {
    const tests = [aTest('passed'), aTest('infrastructure failure')];
    const failed = aGrade([aQuestion('q9.1', { score: 1, tests })], { sha256: 'hash of ana' });
    const [ana] = await gradeClass(trio.slice(0, 1), options({ gradeOne: async () => failed }));
    assert.deepEqual(ana.grade, failed);
    assert.deepEqual(lines(), []);
  });

  it('does not keep a grade that lacks a score for no reason of the answer', async () => {
    const open = aGrade([aQuestion('q9.1', { score: undefined, tests: [] })], { sha256: 'hash of ana' });
    await gradeClass(trio.slice(0, 1), options({ gradeOne: async () => open }));
    assert.deepEqual(lines(), []);
  });

  it('does not keep the grade of a file that changed meanwhile', async () => {
    const gradeOne = async () => aGrade([], { sha256: 'of something else' });
    const [ana] = await gradeClass(trio.slice(0, 1), options({ gradeOne }));
    assert.match(ana.failure ?? '', /changed/);
    assert.deepEqual(lines(), []);
  });

  it('stops when told to, with what is done kept', async () => {
    const controller = new AbortController();
    const gradeOne = async (path: string) => {
      if (path.includes('ben')) {
        controller.abort(new Error('stop'));
        throw new Error('killed');
      }
      return gradeOf(path);
    };
    await assert.rejects(gradeClass(trio, options({ gradeOne, signal: controller.signal })), /^Error: stop$/);
    assert.equal(lines().length, 1);
  });

  it('estimates what is left by what this run did', async () => {
    let clock = 0;
    const gradeOne = async (path: string) => {
      clock += 1000;
      return gradeOf(path);
    };
    await gradeClass(trio.slice(0, 1), options());
    const left: (number | undefined)[] = [];
    const onProgress = ({ remainingMs }: ClassProgress) => left.push(remainingMs);
    await gradeClass(trio, options({ gradeOne, onProgress, now: () => clock }));
    assert.deepEqual(left, [undefined, 1000, 0]);
  });

  it('has a journal that knows at once what it was told', () => {
    const journal = new GradeJournal(file);
    const grade = aGrade([aQuestion('q9.1')]);
    journal.append('a', grade);
    assert.equal(journal.get('a'), grade);
    assert.deepEqual(new GradeJournal(file).get('a'), grade);
    assert.equal(journal.get('b'), undefined);
  });

  it('leaves refused submissions alone', async () => {
    const large = aSubmission('dan', { refused: 'is too large' });
    assert.deepEqual(await gradeClass([large], options()), []);
  });
});
