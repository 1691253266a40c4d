import assert from 'node:assert/strict';
import { loadChapter } from '../../../lib/grading/chapter';
import { checkRelease, type ReleaseReport } from '../../../lib/grading/release/check-release';
import { makeMiniCourse, miniChapter, releasableTests } from '../../helpers/mini-course';

const tests = 'test/chapters/09-counting.test.ts';
const source = 'solutions/09-counting.ts';

/** The report of a mini course with these files in place of its own. */
async function report(
  files: Readonly<Record<string, string>> = {},
  timeoutMs = 60_000,
): Promise<ReleaseReport> {
  const course = makeMiniCourse({ [tests]: releasableTests, ...files });
  try {
    return await checkRelease(loadChapter('9', course), { ...course, timeoutMs });
  } finally {
    course.remove();
  }
}

const edited = (text: string, from: string, to: string) => {
  assert.ok(text.includes(from), `fixture has no ${from}`);
  return text.replace(from, to);
};

describe('checkRelease', () => {
  it('counts what is in a sound chapter', async () => {
    const { seconds: _seconds, ...rest } = await report();
    assert.deepEqual(rest, {
      chapter: '09-counting',
      questions: 3,
      points: 6,
      publicTests: 3,
      hiddenTests: 1,
      wrongAnswers: { listed: 2, caught: 2 },
      isWritten: false,
      problems: [],
      warnings: [
        '09-counting: q9.2: it has no hidden test: an answer by heart passes',
        '09-counting: the outputs are of other code than the chapter has now; run npx course notebooks --write',
      ],
    });
  });

  it('survives a wrong answer that loops for ever or ends its process, and goes on', async () => {
    const wrong = (name: string, body: string) =>
      `{ name: '${name}', code: "function nameOf() { ${body} }", fails: 'knows the last class' }`;
    const three = ['for (;;) {}', 'process.kill(process.pid, 9);', "return 'truck';"].map((body) =>
      wrong(body.slice(0, 5), body),
    );
    const listed = edited(releasableTests, 'wrongAnswers: [{', `wrongAnswers: [${three.join(', ')}, {`);
    const { wrongAnswers, problems } = await report({ [tests]: listed }, 3000);
    assert.deepEqual(wrongAnswers, { listed: 5, caught: 4 });
    assert.deepEqual(problems, ['09-counting: q9.1: the wrong answer "retur" passes "knows the last class"']);
  });

  it('refuses a solution that fails, a stub that passes, and tests that are no question of the chapter', async () => {
    const lenient = edited(releasableTests, "answers().nameOf(frog), 'frog'", "'frog', 'frog'");
    const stray = "question('q9.8', () => undefined);\n";
    const { problems } = await report({
      [source]: edited(miniChapter, "'frog', 'truck'", "'frog', 'lorry'"),
      [tests]: `${lenient}${stray}`,
    });
    assert.deepEqual(problems, [
      '09-counting: q9.8: it has tests, but no cell asks it',
      "09-counting: q9.1: the solution fails \"knows the last class\": expected 'truck', got 'lorry'",
      '09-counting: q9.1: the stub passes "knows the first class"',
      "09-counting: q9.2: the solution fails \"keeps the order\": at index 0: expected 'truck', got 'lorry'",
    ]);
  });

  it('checks types as the kernel does: a cell may await, and declare anew what an earlier one declared', async () => {
    const more =
      '// %%\nconst later = await Promise.resolve(1);\n\n// %%\nconst later = String(classNames);\nlater.trim();\n\n';
    const { problems } = await report({
      [source]: edited(miniChapter, 'return names.reverse();', 'return names.length;').replace(
        '// %% tags',
        `${more}// %% tags`,
      ),
    });
    assert.deepEqual(problems, [
      "notebooks/09-counting.ipynb: cell 6 (function namesOf(labels: number[]): string[] {), line 4: Type 'number' is not assignable to type 'string[]'.",
    ]);
  });

  it('refuses a notebook that shows the solution or a hidden test', async () => {
    const text = '// Labels are numbers. It refuses an unknown label: const found = classNames[label];';
    const { problems } = await report({ [source]: edited(miniChapter, '// Labels are numbers.', text) });
    assert.deepEqual(problems, [
      'notebooks/09-counting.ipynb: cell 1 gives away a line of the solution of q9.1: const found = classNames[label];',
      'notebooks/09-counting.ipynb: cell 1 gives away a line of a hidden test: refuses an unknown label',
    ]);
  });

  it('says why the tests cannot be read', async () => {
    const { problems } = await report({ [tests]: 'throw new RangeError("no");\n' });
    assert.deepEqual(problems, ['09-counting: its tests or types cannot be checked: threw RangeError: no']);
  });

  it('stops at a chapter with problems of its own', async () => {
    const { problems, publicTests } = await report({ [source]: edited(miniChapter, ' points=1', '') });
    assert.equal(publicTests, 0);
    assert.match(problems.join('\n'), /^solutions\/09-counting\.ts: cell 6 .*: needs points=N$/);
  });
});
