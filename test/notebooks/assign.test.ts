import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CourseError } from '../../lib/errors';
import {
  notebookLimits,
  notebookProblems,
  writeSolvedNotebook,
  writeStudentNotebook,
} from '../../lib/grading/assign';
import { loadChapter } from '../../lib/grading/chapter';
import { leaksIn, solutionSecrets } from '../../lib/grading/leaks';
import { type CodeCell, joinText, type Notebook, readNotebook } from '../../lib/grading/nbformat';
import { notebookDisagreements, type Recorded, toNotebook } from '../../lib/grading/notebook';
import { cellsOfChapter, type RunReport, runCells } from '../../lib/grading/run';
import { makeMiniCourse, miniChapter } from '../helpers/mini-course';

const textOf = (notebook: Notebook, id: string) => {
  const { outputs } = notebook.cells.find((cell) => cell.id === id) as CodeCell;
  return outputs.map((output) => (output.output_type === 'stream' ? joinText(output.text) : '')).join('');
};

describe('a chapter', () => {
  let course: ReturnType<typeof makeMiniCourse>;
  let folder: string;
  let run: RunReport;
  before(async () => {
    course = makeMiniCourse();
    folder = join(course.root, 'notebooks');
    const cells = cellsOfChapter(loadChapter('9', course), { version: 'solved' });
    run = await runCells(cells, {
      name: '09-counting',
      folder,
      profile: 'quick',
      env: { COURSE_CHECK: 'strict' },
    });
  });
  after(() => course.remove());

  it('runs, solved, in the kernel, where each check tests the answer in the cell before it', () => {
    assert.equal(run.failure, undefined);
    const [checked] = run.outputs.get('q9-1-check') ?? [];
    assert.deepEqual(checked, {
      output_type: 'stream',
      name: 'stdout',
      text: 'q9.1: 2 of 2 public tests pass; 1 hidden test runs at grading\n  ✓ knows the first class\n  ✓ knows the last class\n',
    });
  });

  it('checks fast', () => {
    const seconds = run.cells.filter(({ id }) => id.endsWith('-check')).map((cell) => cell.seconds);
    assert.equal(seconds.length, 2);
    assert.ok(seconds[0] < 3 && seconds[1] < 1, `${seconds}`);
  });

  it("becomes a student's notebook that shows what worked cells put out, and no answers", () => {
    const chapter = loadChapter('9', course);
    const { path, warnings } = writeStudentNotebook(chapter, { run, profile: 'quick', root: course.root });
    const notebook = readNotebook(path);
    assert.deepEqual(warnings, []);
    assert.deepEqual(notebookDisagreements(chapter, notebook), []);
    assert.deepEqual(leaksIn(notebook, solutionSecrets(chapter)), []);
    assert.equal(textOf(notebook, 'classes'), "[ 'frog', 'truck' ]\n");
    assert.equal(textOf(notebook, 'q9-1-check'), '');
    assert.match(textOf(notebook, notebook.cells[8].id), /^Error: on purpose\n$/);
    const { source, recorded }: { source: string; recorded: Recorded } = JSON.parse(
      JSON.stringify(notebook.metadata.course),
    );
    assert.equal(source, 'solutions/09-counting.ts');
    assert.deepEqual([recorded.profile, recorded.node], ['quick', process.version]);
    const again = writeStudentNotebook(chapter, { root: course.root });
    assert.deepEqual(readNotebook(again.path), notebook, 'generating again changes nothing');
    assert.deepEqual(again.warnings, []);
  });

  it("lets a student's notebook run through: stubs fail their checks, not their cells", async () => {
    const cells = cellsOfChapter(loadChapter('9', course), { version: 'student' });
    const student = await runCells(cells, { name: 'student', folder, profile: 'quick' });
    assert.equal(student.failure, undefined);
    const shown = (id: string) => JSON.stringify(student.outputs.get(id));
    assert.match(shown('q9-1-check'), /"q9\.1: not implemented yet\\n"/);
    assert.match(
      shown('q9-2-check'),
      /q9\.2: 0 of 1 public test passes\\n {2}✗ keeps the order\\n {6}expected 3 items, got 0/,
    );
  });

  it('fails, solved, where its solution fails a test', async () => {
    const wrong = miniChapter.replace("'frog', 'truck'", "'cat', 'truck'");
    const other = makeMiniCourse({ 'solutions/09-counting.ts': wrong });
    const cells = cellsOfChapter(loadChapter('9', other), { version: 'solved' });
    const env = { COURSE_CHECK: 'strict' };
    const report = await runCells(cells, {
      name: 'wrong',
      folder: join(other.root, 'notebooks'),
      profile: 'quick',
      env,
    });
    other.remove();
    assert.equal(report.failure?.id, 'q9-1-check');
    assert.match(report.failure?.failure ?? '', /q9\.1: the solution fails its tests/);
  });

  it('can be written solved, for teachers', () => {
    const { path } = writeSolvedNotebook(loadChapter('9', course), {
      run,
      profile: 'quick',
      root: course.root,
    });
    assert.ok(path.includes(join('.course', 'solutions')));
    assert.match(readFileSync(path, 'utf8'), /const found = classNames\[label\];/);
    assert.match(textOf(readNotebook(path), 'q9-1-check'), /2 of 2 public tests pass/);
  });

  it('is refused with problems, and the notebook stays as it is', () => {
    const bad = makeMiniCourse({ 'solutions/09-counting.ts': miniChapter.replace(' points=1', '') });
    assert.throws(
      () => writeStudentNotebook(loadChapter('9', bad), { root: bad.root }),
      (error) => error instanceof CourseError && /needs points=N/.test(error.message),
    );
    assert.throws(() => readNotebook(join(bad.root, 'notebooks', '09-counting.ipynb')), CourseError);
    bad.remove();
  });
});

describe('notebookProblems', () => {
  it('finds paths of this machine, stderr output and too many bytes', () => {
    const course = makeMiniCourse();
    const chapter = loadChapter('9', course);
    course.remove();
    const problems = (name: 'stdout' | 'stderr', text: string) => {
      const outputs = new Map([['classes', [{ output_type: 'stream' as const, name, text: [text] }]]]);
      return notebookProblems(chapter, toNotebook(chapter, { outputs })).join('\n');
    };
    assert.equal(problems('stdout', 'fine'), '');
    assert.match(
      problems('stdout', process.execPath),
      /cell 3 \(const classNames.*\) shows paths of this machine/,
    );
    assert.match(problems('stderr', 'careful'), /cell 3 .* shows stderr output/);
    assert.match(
      problems('stdout', 'x'.repeat(notebookLimits.maxBytes)),
      /at most 1500 kB; the largest cell has 15\d\d kB/,
    );
  });
});
