import assert from 'node:assert/strict';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type GradeFolderOptions, gradeFolder } from '../../../lib/grading/class/grade-folder';
import { hashOf } from '../../../lib/grading/class/read-file';
import type { SubmissionGrade } from '../../../lib/grading/grades';
import { makeMiniCourse } from '../../helpers/mini-course';
import { aGrade, aQuestion, makeFolder, notebookText } from './fakes';

describe('gradeFolder', () => {
  let course: ReturnType<typeof makeMiniCourse>;
  let made: ReturnType<typeof makeFolder>;
  let calls: string[];
  before(() => {
    course = makeMiniCourse();
  });
  after(() => course.remove());
  beforeEach(() => {
    calls = [];
    made = makeFolder({
      'class/ana/09-counting.ipynb': notebookText({ 'q9.1': 'function nameOf() { return "frog"; }' }),
      'class/ben/09-counting.ipynb': notebookText({ 'q9.1': 'function nameOf() {}' }),
      'class/roster.csv': 'student_id,last_name\nana,A\nben,B\ncleo,C\n',
    });
  });
  afterEach(() => made.remove());

  /** Gives ben half of what ana gets; question 9.3 is in words. */
  const gradeOne = async (path: string): Promise<SubmissionGrade> => {
    calls.push(path.slice(made.folder.length));
    const score = path.includes('ana') ? 2 : 1;
    const questions = [
      aQuestion('q9.1', { score }),
      aQuestion('q9.2', { points: 1, score: 1 }),
      aQuestion('q9.3', { points: 3, score: undefined, manual: true, tests: [] }),
    ];
    return aGrade(questions, { sha256: hashOf(readFileSync(path)) });
  };
  const grade = (rest: Partial<GradeFolderOptions> = {}) =>
    gradeFolder(join(made.folder, 'class'), {
      gradeOne,
      out: join(made.folder, 'out'),
      root: course.root,
      ...rest,
    });
  const text = (name: string, out = 'out') => readFileSync(join(made.folder, out, name), 'utf8');

  it('writes grades, feedback for each student, and what is to be marked', async () => {
    const { gradebook, open } = await grade();
    assert.deepEqual(
      gradebook.entries.map(({ student, status, score }) => [student.id, status, score]),
      [
        ['ana', 'to mark', 3],
        ['ben', 'to mark', 2],
        ['cleo', 'missing', 0],
      ],
    );
    assert.equal(open, 2);
    assert.match(text('grades.csv'), /\n09-counting,,,cleo,C,,,0,0,0,6,missing,0,0,0\n/);
    assert.deepEqual(readdirSync(join(made.folder, 'out', 'feedback')), [
      'ana.html',
      'ben.html',
      'cleo.html',
    ]);
    assert.match(text('manual-scores.csv'), /^ana,09-counting,q9\.3,,,#[0-9a-f]{8}$/m);
    for (const name of ['index.html', 'marking.html', 'similarity.html', 'junit.xml']) assert.ok(text(name));
  });

  it("takes the instructor's scores at the next run, and grades no notebook again", async () => {
    await grade();
    const filled = text('manual-scores.csv').replace(
      'ana,09-counting,q9.3,,',
      'ana,09-counting,q9.3,2.5,Nice.',
    );
    writeFileSync(join(made.folder, 'out', 'manual-scores.csv'), filled);
    const { gradebook, open } = await grade();
    assert.equal(calls.length, 2);
    assert.deepEqual([gradebook.entries[0].score, gradebook.entries[0].status, open], [5.5, 'graded', 1]);
    assert.match(text('feedback/ana.html'), /Nice\./);
    assert.equal(text('manual-scores.csv'), filled);
  });

  it('finds a mistake in the scores before it grades anything', async () => {
    await grade();
    writeFileSync(
      join(made.folder, 'out', 'manual-scores.csv'),
      text('manual-scores.csv').replace('q9.3,,', 'q9.3,9,'),
    );
    appendFileSync(join(made.folder, 'class', 'ana', '09-counting.ipynb'), '\n');
    await assert.rejects(grade(), /line 2, ana q9\.3: expected a score from 0 to 3, got "9"/);
    assert.equal(calls.length, 2);
  });

  it('grades again what changed, and only that', async () => {
    await grade();
    appendFileSync(join(made.folder, 'class', 'ben', '09-counting.ipynb'), '\n');
    await grade();
    assert.deepEqual(calls.slice(2), ['/class/ben/09-counting.ipynb']);
  });

  it('makes the same files again, in whatever order grading ends', async () => {
    await grade({ jobs: 2 });
    const slow = async (path: string) => {
      await new Promise((resolve) => setTimeout(resolve, path.includes('ana') ? 30 : 0));
      return gradeOne(path);
    };
    await grade({ out: join(made.folder, 'other'), gradeOne: slow, jobs: 2 });
    const names = readdirSync(join(made.folder, 'out'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name !== 'journal.jsonl')
      .map((entry) => join(entry.parentPath, entry.name).slice(join(made.folder, 'out').length + 1));
    assert.equal(names.length, 10);
    for (const name of names) assert.equal(text(name, 'other'), text(name), name);
  });

  it('takes no notebook from among its own results', async () => {
    const out = join(made.folder, 'class', 'results');
    mkdirSync(out);
    writeFileSync(join(out, '09-counting.ipynb'), notebookText({ 'q9.1': '' }));
    const { gradebook } = await grade({ out });
    assert.deepEqual(
      gradebook.entries.map(({ student }) => student.id),
      ['ana', 'ben', 'cleo'],
    );
  });

  it('grades one student without touching the results of the class', async () => {
    const { gradebook } = await grade({ only: 'ben' });
    assert.deepEqual(calls, ['/class/ben/09-counting.ipynb']);
    assert.equal(gradebook.entries.length, 1);
    assert.ok(!existsSync(join(made.folder, 'out', 'grades.csv')));
  });

  it('says what it looked for where there is nothing', async () => {
    await assert.rejects(
      grade({ only: 'zoe' }),
      /^CourseError: no notebook by zoe in .*expected submitted\/STUDENT/,
    );
    await assert.rejects(grade({ chapter: '3' }), /no chapter 3/);
  });

  it('keeps what is done when it is stopped', async () => {
    const controller = new AbortController();
    const stopping = async (path: string) => {
      controller.abort(new Error('stop'));
      return gradeOne(path);
    };
    await assert.rejects(grade({ gradeOne: stopping, signal: controller.signal }), /stop/);
    await grade();
    assert.deepEqual(calls, ['/class/ana/09-counting.ipynb', '/class/ben/09-counting.ipynb']);
  });
});
