import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadChapter, questionOf } from '../../../lib/grading/chapter';
import type { QuestionGrade, SubmissionGrade } from '../../../lib/grading/grades';
import { formatNotebook } from '../../../lib/grading/nbformat';
import { solvedCells, studentCells, toNotebook } from '../../../lib/grading/notebook';
import { sandboxProblem } from '../../../lib/grading/sandbox/bubblewrap';
import type { GradeOptions } from '../../../lib/grading/sandbox/grade-submission';
import { courseRoot } from '../../../lib/paths';
import { makeMiniCourse } from '../../helpers/mini-course';

/** As in `cheats.test.ts`: the built library, as `npx course grade` uses it. */
const { gradeSubmission } = require(
  join(courseRoot(), 'lib', 'dist', 'grading', 'sandbox', 'grade-submission.js'),
) as typeof import('../../../lib/grading/sandbox/grade-submission');

/** Questions about what goes over the line between tests and answers. */
const lineChapter = `// %% question="q8.1" points=2
import * as tf from '@tensorflow/tfjs';
function double(x: tf.Tensor): tf.Tensor {
  return tf.tidy(() => x.mul(2));
}

// %% question="q8.2" points=2
class Counter {
  total = 0;
  add(by: number) {
    this.total += by;
    return this;
  }
}

// %% question="q8.3" points=2
async function minimum(objective: (x: number) => Promise<number>, xs: number[]): Promise<number> {
  const values = [];
  for (const x of xs) values.push(await objective(x));
  return xs[values.indexOf(Math.min(...values))];
}

// %% question="q8.4" points=2
function* batches(xs: number[], size: number): Generator<number[]> {
  while (xs.length > 0) yield xs.splice(0, size);
}
`;
const lineTests = `import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { question } from '../../lib/grading/questions';

question<any>('q8.1', (answers) => {
  it('doubles', () => {
    const x = tf.tensor1d([1, 2]);
    const y = answers().double(x);
    assert.deepEqual([...y.dataSync()], [2, 4]);
    tf.dispose([x, y]);
  });
  it('leaves no tensor behind', () => {
    const x = tf.tensor1d([1, 2]);
    const before = tf.memory().numTensors;
    answers().double(x).dispose();
    assert.equal(tf.memory().numTensors, before);
    assert.ok(!x.isDisposed);
    x.dispose();
  });
});
question<any>('q8.2', (answers) => {
  it('counts', () => {
    const { Counter } = answers();
    const counter = new Counter();
    assert.equal(counter.add(2).add(3), counter);
    assert.equal(counter.total, 5);
    counter.total = 7;
    assert.equal(counter.add(1).total, 8);
  });
});
question<any>('q8.3', (answers) => {
  it('calls back', async () => {
    const asked: number[] = [];
    const best = await answers().minimum(async (x: number) => (asked.push(x), (x - 2) ** 2), [1, 2, 3]);
    assert.deepEqual([best, asked], [2, [1, 2, 3]]);
  });
  it('passes on what the callback throws', () =>
    assert.rejects(answers().minimum(async () => { throw new RangeError('no'); }, [1]), RangeError));
});
question<any>('q8.4', (answers) => {
  it('goes step by step, and empties the list', () => {
    const xs = [1, 2, 3];
    assert.deepEqual([...answers().batches(xs, 2)], [[1, 2], [3]]);
  });
});
`;

describe('gradeSubmission', () => {
  let course: ReturnType<typeof makeMiniCourse>;
  before(function () {
    this.timeout(120_000);
    const problem = sandboxProblem();
    if (problem) {
      console.log(`    not run: ${problem}`);
      this.skip();
    }
    course = makeMiniCourse({
      'solutions/08-line.ts': lineChapter,
      'test/chapters/08-line.test.ts': lineTests,
    });
  });
  after(() => course?.remove());

  /** Grades the solved chapter, with some answers replaced; `undefined` takes the cell away. */
  async function grade(
    chapter: string,
    replaced: Readonly<Record<string, string | undefined>> = {},
    options: GradeOptions = {},
  ): Promise<SubmissionGrade> {
    const loaded = loadChapter(chapter, { root: course.root });
    const cells = solvedCells(loaded).flatMap((one) => {
      const id = questionOf(one.cell) ?? '';
      if (!(id in replaced)) return [one];
      const source = replaced[id];
      return source === undefined ? [] : [{ ...one, source }];
    });
    return gradeText(formatNotebook(toNotebook(loaded, { cells })), options);
  }

  async function gradeText(text: string, options: GradeOptions = {}): Promise<SubmissionGrade> {
    const path = join(course.root, 'handed-in.ipynb');
    writeFileSync(path, text);
    return gradeSubmission(path, { root: course.root, ...options });
  }

  const outcomes = ({ tests }: QuestionGrade) => tests.map(({ outcome }) => outcome);

  it('gives a solved notebook all points but those that a person gives', async () => {
    const { questions, score, points, complete, chapter, notes } = await grade('9');
    assert.deepEqual([chapter, score, points, complete, notes], ['09-counting', 3, 6, false, []]);
    assert.deepEqual(
      questions.map(({ id, score, manual }) => [id, score, manual]),
      [
        ['q9.1', 2, false],
        ['q9.2', 1, false],
        ['q9.3', undefined, true],
      ],
    );
  });

  it('gives stubs nothing', async () => {
    const loaded = loadChapter('9', { root: course.root });
    const { score, questions } = await gradeText(
      formatNotebook(toNotebook(loaded, { cells: studentCells(loaded) })),
    );
    assert.equal(score, 0);
    assert.deepEqual(outcomes(questions[0]), ['not implemented', 'not implemented', 'not implemented']);
  });

  it('weighs tests, and does not let one error cost another question', async () => {
    const wrong = "function nameOf() { return 'frog'; }";
    const { questions } = await grade('9', { 'q9.1': wrong });
    assert.deepEqual(outcomes(questions[0]), ['passed', 'wrong value', 'wrong value']);
    assert.equal(questions[0].score, (2 * 1) / 5);
    assert.equal(questions[1].score, 1);
  });

  it('says in which line an answer does not compile', async () => {
    const { questions } = await grade(
      '9',
      { 'q9.1': 'function nameOf(\n  return 1; }' },
      { questions: ['q9.1'] },
    );
    assert.deepEqual(new Set(outcomes(questions[0])), new Set(['compile error']));
    assert.match(questions[0].tests[0].message ?? '', /^line 2: /);
  });

  it('survives an answer that no parser can take', async () => {
    const code = `const x = ${'('.repeat(20_000)}1${')'.repeat(20_000)};\nfunction nameOf() {}`;
    const { questions } = await grade('9', { 'q9.1': code });
    assert.deepEqual(new Set(outcomes(questions[0])), new Set(['compile error']));
    assert.equal(questions[1].score, 1);
  });

  it('tells an error while the answer loads', async () => {
    const { questions } = await grade(
      '9',
      { 'q9.1': "throw new Error('at once');" },
      { questions: ['q9.1'] },
    );
    assert.deepEqual(new Set(outcomes(questions[0])), new Set(['exception']));
    assert.match(questions[0].tests[0].message ?? '', /at once/);
  });

  it('goes on in a new process after a test that ended the first', async () => {
    const code =
      "function nameOf(i: number) { if (i === 0) process.exit(0); if (i > 1) throw new RangeError(); return 'truck'; }";
    const { questions } = await grade('9', { 'q9.1': code }, { questions: ['q9.1'] });
    assert.deepEqual(outcomes(questions[0]), ['exception', 'passed', 'passed']);
    assert.deepEqual(questions[0].notes, ['the answer ended its process (exit code 0)']);
  });

  it('does not take the end of the process for an error that a test expects', async () => {
    const code = "function nameOf(i: number) { if (i > 1) process.exit(0); return ['frog', 'truck'][i]; }";
    const { questions } = await grade('9', { 'q9.1': code }, { questions: ['q9.1'] });
    assert.deepEqual(outcomes(questions[0]), ['passed', 'passed', 'exception']);
  });

  it('notes an answer that is not there', async () => {
    const { questions } = await grade('9', { 'q9.2': undefined });
    assert.deepEqual([questions[1].score, questions[1].notes], [0, ['the notebook has no answer to q9.2']]);
  });

  it('gives the same grade each time', async () => {
    const code = { 'q9.1': 'function nameOf(i: number) { return String(Math.random() + i); }' };
    assert.deepEqual(await grade('9', code), await grade('9', code));
  });

  it('hands tensors, classes, callbacks and generators over the line', async function () {
    this.timeout(120_000);
    const { questions } = await grade('8');
    for (const question of questions) assert.equal(question.score, question.points, JSON.stringify(question));
  });

  it('sees tensors that an answer leaves behind', async () => {
    const leaking = `import * as tf from '@tensorflow/tfjs';
      function double(x: tf.Tensor) { const two = tf.scalar(2); return x.mul(two); }`;
    const { questions } = await grade('8', { 'q8.1': leaking }, { questions: ['q8.1'] });
    assert.deepEqual(outcomes(questions[0]), ['passed', 'wrong value']);
  });

  it('sees a tensor of the tests that an answer disposes', async () => {
    const disposing = `import * as tf from '@tensorflow/tfjs';
      function double(x: tf.Tensor) { const y = tf.tidy(() => x.mul(2)); x.dispose(); return y; }`;
    const { questions } = await grade('8', { 'q8.1': disposing }, { questions: ['q8.1'] });
    assert.deepEqual(outcomes(questions[0]), ['passed', 'wrong value']);
  });

  it('grades without a sandbox where it is told to', async () => {
    const { score } = await grade('9', {}, { unsafe: true });
    assert.equal(score, 3);
  });

  it('calls it no zero where its own tests are missing', async () => {
    const file = join(course.root, 'test', 'chapters', '09-counting.test.ts');
    const text = readFileSync(file, 'utf8');
    rmSync(file);
    try {
      const { questions, complete } = await grade('9', {}, { questions: ['q9.1'] });
      assert.deepEqual([questions[0].score, complete], [undefined, false]);
      assert.match(questions[0].notes[0], /infrastructure failure.*09-counting/);
    } finally {
      writeFileSync(file, text);
    }
  });

  it('says what is wrong with a file that is no notebook', async () => {
    const { score, notes } = await gradeText('{"cells": ', { chapter: '09-counting' });
    assert.deepEqual([score, notes], [0, ['the file is no notebook: it is not JSON']]);
    await assert.rejects(gradeText('{"cells": '), /not JSON; name the file as it was given out/);
  });

  it('stops when it is told to', async () => {
    const controller = new AbortController();
    const grading = grade('9', { 'q9.1': 'for (;;);' }, { signal: controller.signal });
    setTimeout(() => controller.abort(), 500);
    await assert.rejects(grading, /aborted/);
    assert.ok(existsSync(course.root));
  });
});
