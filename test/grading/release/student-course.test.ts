import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CourseError } from '../../../lib/errors';
import { chapterNames, loadChapter } from '../../../lib/grading/chapter';
import { checkAnswer, checkReport, loadQuestions } from '../../../lib/grading/check';
import { hiddenTestSecrets } from '../../../lib/grading/leaks';
import { writeStudentCourse } from '../../../lib/grading/release/student-course';
import { studentTests } from '../../../lib/grading/release/student-tests';
import { runTests } from '../../../lib/grading/testing';
import { courseRoot, stateFolder } from '../../../lib/paths';
import { makeMiniCourse, releasableTests } from '../../helpers/mini-course';

const testFile = 'test/chapters/09-counting.test.ts';

describe('studentTests', () => {
  it('keeps public tests as they are, and of hidden tests nothing but their number', async () => {
    const course = makeMiniCourse({ [testFile]: studentTests(releasableTests) });
    try {
      const [first, second] = loadQuestions(join(course.root, testFile), course);
      assert.deepEqual([first.wrongAnswers, second.wrongAnswers], [[], []]);
      const answers = { nameOf: (label: number) => ['frog', 'truck'][label] };
      const { text, passed } = checkReport('q9.1', await checkAnswer('q9.1', { ...course, answers }));
      assert.match(text, /^q9\.1: 2 of 2 public tests pass; 1 hidden test runs at grading$/m);
      assert.ok(passed);
    } finally {
      course.remove();
    }
  });

  it('leaves out what only wrong answers and hidden tests used', () => {
    const given = studentTests(`import assert from 'node:assert/strict';
const shared = [1, 2];
// How to solve it.
function solving(part: string) { return part ? solving('') : \`secret \${deep}\`; }
const deep = 'deeper';
const { onlyHidden } = { onlyHidden: 3 };
question('q1.1', (answers) => {
  it('open', () => assert.deepEqual(shared, answers()));
  hidden(() => it('closed', () => assert.equal(onlyHidden, 3)));
}, { wrongAnswers: [{ name: 'x', code: solving('a'), fails: 'open' }] });
`);
    assert.doesNotMatch(given, /solv|secret|deep(er)?\b|onlyHidden/);
    assert.match(given, /^import assert.*const shared = \[1, 2\];.*deepEqual\(shared, answers\(\)\)/s);
  });

  describe('of the chapters', () => {
    let folder: string;
    before(() => {
      mkdirSync(stateFolder(), { recursive: true });
      folder = mkdtempSync(join(stateFolder(), 'student-tests-'));
      mkdirSync(join(folder, 'test', 'chapters'), { recursive: true });
    });
    after(() => rmSync(folder, { recursive: true }));

    const shape = async (file: string, root: string) =>
      Promise.all(
        loadQuestions(file, { root }).map(async ({ id, define }) => {
          const tests = await runTests(define, { answers: {}, includeHidden: true, only: -1 });
          const open = tests.filter(({ hidden }) => !hidden).map(({ title }) => title);
          return { id, open, hidden: tests.length - open.length };
        }),
      );

    for (const name of chapterNames()) {
      it(`${name} tells nothing of its hidden tests and wrong answers`, async () => {
        const file = join('test', 'chapters', `${name}.test.ts`);
        const text = readFileSync(join(courseRoot(), file), 'utf8');
        const given = studentTests(text);
        writeFileSync(join(folder, file), given);
        assert.doesNotMatch(given, /wrongAnswers|fails:/);
        const open = given.replace(/\s/g, '');
        const secrets = hiddenTestSecrets(text).filter(
          ({ line }) => /^[a-z].* .* /i.test(line) && !/[=({[]/.test(line),
        );
        assert.ok(secrets.length > 0);
        assert.deepEqual(
          secrets.filter(({ line }) => open.includes(line.replace(/\s/g, ''))),
          [],
        );
        assert.deepEqual(
          await shape(join(folder, file), folder),
          await shape(join(courseRoot(), file), courseRoot()),
        );
      });
    }
  });
});

describe('writeStudentCourse', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'course-students-'));
    mkdirSync(join(folder, 'course', 'solutions'), { recursive: true });
    mkdirSync(join(folder, 'course', 'notebooks'), { recursive: true });
    mkdirSync(join(folder, 'course', 'test', 'chapters'), { recursive: true });
    const course = {
      'solutions/02-normalization.ts': 'secret',
      'notebooks/01-loading.ipynb': '{}',
      'notebooks/02-normalization.ipynb': '{}',
      'test/chapters/02-normalization.test.ts': "question('q2.1', () => {}, { wrongAnswers: [] });\n",
      'test/other.test.ts': '',
      'package.json': '{}',
      'rest.log': '',
      '.gitignore': '*.log\n',
    };
    for (const [path, text] of Object.entries(course)) writeFileSync(join(folder, 'course', path), text);
    execFileSync('git', ['init', '--quiet', join(folder, 'course')]);
  });
  after(() => rmSync(folder, { recursive: true }));

  it('gives out what git knows, but no solutions, other tests and other notebooks', () => {
    const given = join(folder, 'given');
    const chapters = [loadChapter('02')];
    assert.deepEqual(writeStudentCourse(given, { chapters, root: join(folder, 'course') }), { files: 4 });
    assert.deepEqual(readdirSync(given).sort(), ['.gitignore', 'notebooks', 'package.json', 'test']);
    assert.deepEqual(readdirSync(join(given, 'notebooks')), ['02-normalization.ipynb']);
    const tests = join(given, 'test', 'chapters', '02-normalization.test.ts');
    assert.equal(readFileSync(tests, 'utf8'), "question('q2.1', () => {}, {});\n");
    assert.equal(existsSync(join(given, 'test', 'other.test.ts')), false);
  });

  it('writes over nothing', () => {
    assert.throws(() => writeStudentCourse(folder, { chapters: [] }), CourseError);
  });
});
