import assert from 'node:assert/strict';
import { parseChapter } from '../../../lib/grading/chapter';
import { evaluateAnswer } from '../../../lib/grading/lift';
import { answerCode, CompileError } from '../../../lib/grading/sandbox/answer-code';
import { runCode } from '../../../lib/grading/sandbox/run-code';
import { courseRoot } from '../../../lib/paths';
import { miniChapter } from '../../helpers/mini-course';

const chapter = parseChapter('09-counting', miniChapter);

/** The result of a student's `nameOf(1)`. */
async function nameOf(answer: string, others: readonly string[] = []): Promise<unknown> {
  const code = answerCode(chapter, 'q9.1', { answer, others });
  const exports = await runCode(code, { root: courseRoot() });
  return (exports as { nameOf: (label: number) => unknown }).nameOf(1);
}

describe('answer code', () => {
  it('has what the question needs of the chapter', async () => {
    assert.equal(await nameOf('function nameOf(i: number) { return classNames[i]; }'), 'truck');
  });

  it('has the functions and values of cells that the student added, in their order', async () => {
    const others = [
      'const words: string[] = ["a", "b"];\nconst [first] = words;\nconsole.log(first);',
      'enum Case { upper = 1 }\ninterface Unused { a: number }',
      'function word(i: number) { return i === Case.upper ? words[i].toUpperCase() : first; }',
    ];
    assert.equal(await nameOf('const nameOf = (i: number) => word(i);', others), 'B');
  });

  it('has the last one where a student declared a helper twice', async () => {
    const others = ['function word() { return 1; }', 'function word() { return 2; }'];
    assert.equal(await nameOf('function nameOf() { return word(); }', others), 2);
  });

  it('has the imports of added cells, and of two with the same name that of the answer', async () => {
    const answer =
      "import { join as check } from 'node:path';\nconst nameOf = () => check('a', basename('b/c'));";
    assert.equal(await nameOf(answer, ["import { basename } from 'node:path';"]), 'a/c');
  });

  it('runs nothing else of added cells, such as a training', async () => {
    const others = [
      "const model = await train();\nthrow new Error('ran');",
      'const weights = model.weights;',
    ];
    assert.equal(
      await nameOf('function nameOf() { return typeof model + typeof weights; }', others),
      'undefinedundefined',
    );
  });

  it('is not spoiled by another cell that is no TypeScript', async () => {
    const others = ['function word( { return 1;', 'function word() { return 2; }', 'const more = (;'];
    assert.equal(await nameOf('function nameOf() { return word(); }', others), 2);
  });

  it('takes another question’s answer from the chapter, not from the student', async () => {
    const answer = 'function nameOf() { return namesOf([1]); }';
    const others = ["function namesOf() { return 'wrong'; }"];
    const code = answerCode(chapter, 'q9.1', { answer, others });
    assert.match(code, /names\.push/);
    assert.doesNotMatch(code, /wrong/);
  });

  it('does not take a name that a function binds itself for one from elsewhere', () => {
    const answer = 'function nameOf(words: string[]) { const { length } = words; return length; }';
    const code = answerCode(chapter, 'q9.1', {
      answer,
      others: ['const length = words.length; const words = [1];'],
    });
    assert.doesNotMatch(code, /\[1\]/);
  });

  it('lets an answer bring what the question would get from the chapter', async () => {
    assert.equal(
      await nameOf('const classNames = ["x", "y"];\nfunction nameOf(i: number) { return classNames[i]; }'),
      'y',
    );
  });

  it('says where an answer is no TypeScript', () => {
    const broken = () =>
      answerCode(chapter, 'q9.1', { answer: 'function nameOf() {\n  return (;\n}', others: ['}{'] });
    assert.throws(broken, (error) => error instanceof CompileError && /^line 2: /.test(error.message));
  });

  it('is what the tests of the chapters run, for the chapter’s own solution', async () => {
    const answers = await evaluateAnswer('export const x = 1;');
    assert.deepEqual({ ...answers }, { x: 1 });
  });
});
