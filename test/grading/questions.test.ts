import assert from 'node:assert/strict';
import { join } from 'node:path';
import { parseChapter } from '../../lib/grading/chapter';
import { loadQuestions } from '../../lib/grading/check';
import { evaluateAnswer, questionCode } from '../../lib/grading/lift';
import { failedBy, passedByStub, type Question } from '../../lib/grading/questions';
import { makeMiniCourse, miniChapter, miniTests } from '../helpers/mini-course';

describe('questionCode', () => {
  const chapter = parseChapter('09-counting', miniChapter);

  it('takes the imports, what the answer needs, and the answer; nothing else runs', async () => {
    const code = questionCode(chapter, 'q9.2', { version: 'solved' });
    assert.doesNotMatch(code, /on purpose|await check/);
    const answers = (await evaluateAnswer(code)) as { namesOf: (labels: number[]) => string[] };
    assert.deepEqual(answers.namesOf([1, 0]), ['truck', 'frog']);
    assert.deepEqual(Object.keys(answers).sort(), ['classNames', 'nameOf', 'namesOf']);
  });

  it('takes the stub or another answer in its place, beside the solved cells it needs', async () => {
    const stub = (await evaluateAnswer(questionCode(chapter, 'q9.2', { version: 'student' }))) as {
      namesOf: (labels: number[]) => string[];
      nameOf: (label: number) => string;
    };
    assert.deepEqual(stub.namesOf([1, 0]), []);
    assert.equal(stub.nameOf(0), 'frog');
    const code = "import { sep } from 'node:path';\nfunction namesOf() { return [sep, classNames[1]]; }";
    const other = await evaluateAnswer(questionCode(chapter, 'q9.2', { version: 'solved', code }));
    assert.equal((other as typeof stub).namesOf([])[1], 'truck');
  });

  it('says which question is not there', () => {
    assert.throws(
      () => questionCode(chapter, 'q9.8', { version: 'solved' }),
      /no code cell with question="q9\.8"/,
    );
  });
});

describe('a question', () => {
  let course: ReturnType<typeof makeMiniCourse>;
  let questions: readonly Question[];
  before(async () => {
    course = makeMiniCourse();
    questions = loadQuestions(join(course.root, 'test/chapters/09-counting.test.ts'), course);
  });
  after(() => course.remove());

  it('is read from the test file, with its helpers, and without the tests that are no question', () => {
    assert.deepEqual(
      questions.map(({ id }) => id),
      ['q9.1', 'q9.2'],
    );
    assert.equal(questions[0].wrongAnswers[0].name, 'all frogs');
  });

  it('is read anew each time', async () => {
    const path = join(course.root, 'test/chapters/09-counting.test.ts');
    const again = loadQuestions(path, course);
    assert.notEqual(again[0].define, questions[0].define);
  });

  it('fails for the stub, and names tests that a stub passes', async () => {
    assert.deepEqual(await passedByStub(questions[0], course), []);
    const lenient = miniTests.replace("answers().nameOf(frog), 'frog'", "'frog', 'frog'");
    const other = makeMiniCourse({ 'test/chapters/09-counting.test.ts': lenient });
    const [question] = loadQuestions(join(other.root, 'test/chapters/09-counting.test.ts'), other);
    assert.deepEqual(await passedByStub(question, other), ['knows the first class']);
    other.remove();
  });

  it('tells which tests catch a wrong answer, hidden ones too', async () => {
    const { code } = questions[0].wrongAnswers[0];
    const failed = await failedBy(questions[0], { code, root: course.root });
    assert.deepEqual(failed, ['knows the last class', 'refuses an unknown label']);
    const right =
      'function nameOf(label: number) { if (!(label in classNames)) throw new RangeError(); return classNames[label]; }';
    assert.deepEqual(await failedBy(questions[0], { code: right, root: course.root }), []);
  });
});
