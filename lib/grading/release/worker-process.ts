import { join } from 'node:path';
import { loadChapter } from '../chapter';
import { loadQuestions } from '../check';
import { evaluateAnswer, questionCode } from '../lift';
import { asModelTests } from '../model/as-model-tests';
import type { Question } from '../questions';
import { describeFailure, runTests } from '../testing';
import type { AnswerToTest, Call, DeclaredQuestion, Reply, TestOutcome } from './calls';
import { studentTypeErrors } from './type-check';

/**
 * A process that does the calls of its parent for one chapter, one after the other: what a wrong answer does to it, an
 * endless loop for one, its parent survives. Arguments: the course's folder and the chapter's name.
 */
function main(): void {
  const [root, name] = process.argv.slice(2);
  const course = { root };
  const chapter = loadChapter(name, course);
  let loaded: readonly Question[] | undefined;
  const questions = () => {
    loaded ??= loadQuestions(join(root, 'test', 'chapters', `${name}.test.ts`), course);
    return loaded;
  };

  const test = async ({ question, only, ...answer }: AnswerToTest): Promise<readonly TestOutcome[]> => {
    const found = questions().find(({ id }) => id === question);
    if (!found) throw new Error(`no tests for ${question}`);
    const code = questionCode(chapter, question, answer);
    tell({ kind: 'running' });
    const answers = await evaluateAnswer(code, course);
    tell({ kind: 'testing' });
    const results = await runTests(found.define, { answers, includeHidden: true, only });
    return results.map(({ title, points, hidden, status, message }) => {
      return { title, points, hidden, status, message };
    });
  };

  const perform = async ({ name, argument }: Call): Promise<Extract<Reply, { kind: 'result' }>['result']> => {
    if (name === 'test') return test(argument);
    if (name === 'questions') return Promise.all(questions().map(declared));
    return studentTypeErrors(chapter);
  };

  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
  process.on('message', (call: Call) => {
    perform(call).then(
      (result) => tell({ kind: 'result', result }),
      (error: unknown) => tell({ kind: 'failed', message: describeFailure(error) }),
    );
  });
}

async function declared({ id, define, wrongAnswers }: Question): Promise<DeclaredQuestion> {
  const tests = await runTests(define, { answers: {}, includeHidden: true, only: -1 }); // runs none
  return {
    id,
    tests: tests.map(({ title, points, hidden }) => ({ title, points, hidden })),
    wrongAnswers: wrongAnswers.map(({ name, code, fails }) => ({ name, code, fails })),
    ofModel: asModelTests(define) !== undefined,
  };
}

function tell(reply: Reply): void {
  process.send?.(reply);
}

main();
