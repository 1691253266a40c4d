import assert from 'node:assert/strict';
import { parseChapter } from '../../lib/grading/chapter';
import { chapterProblems } from '../../lib/grading/problems';
import { miniChapter } from '../helpers/mini-course';

function problemsAfter(from: string, to: string): string {
  assert.ok(miniChapter.includes(from), `fixture has no ${from}`);
  return chapterProblems(parseChapter('09-counting', miniChapter.replace(from, to))).join('\n');
}

describe('chapterProblems', () => {
  it('finds none in a sound chapter', () => {
    const chapter = parseChapter('09-counting', miniChapter);
    assert.deepEqual(chapterProblems(chapter, { text: miniChapter }), []);
  });

  it('names the cell that is too long', () => {
    const long = `${'1;\n'.repeat(16)}throw`;
    assert.match(
      problemsAfter('throw new Error', `${long} new Error`),
      /09-counting\.ts: cell 9 \(1;\): 17 lines/,
    );
  });

  it('finds questions without id, points, solution or check', () => {
    assert.match(problemsAfter('question="q9.1"', 'question="q8.1"'), /should be q9\.1/);
    assert.match(problemsAfter(' points=1', ''), /needs points=N/);
    assert.match(problemsAfter(' question="q9.1" points=2', ''), /has a solution but no question/);
    assert.match(
      problemsAfter("await check('q9.1');", '1;'),
      /no cell after q9\.1 runs await check\('q9\.1'\);/,
    );
    assert.match(
      problemsAfter("check('q9.1')", "check('q9.7')"),
      /checks q9\.7, which no cell before it asks/,
    );
    assert.match(problemsAfter('needs=["classes"]', 'needs=["later"]'), /needs "later"/);
    assert.match(
      problemsAfter('  // END SOLUTION\n  return', '  return'),
      /BEGIN SOLUTION without END SOLUTION/,
    );
  });

  it('finds a credit that there is not, and one that nobody computes', () => {
    const credit = (value: string) => problemsAfter('points=2', `points=2 credit="${value}"`);
    assert.equal(credit('all-or-nothing'), '');
    assert.match(credit('half'), /credit="half": expected "partial" or "all-or-nothing"$/);
    assert.match(
      problemsAfter('points=3', 'points=3 credit="partial"'),
      /marked by hand and can have no credit/,
    );
  });

  it('finds a second check of one answer', () => {
    assert.match(
      problemsAfter('throw new Error', "await check('q9.1');\nthrow new Error"),
      /cell 9 checks q9\.1 a second time$/,
    );
  });

  it('finds worked cells that use an answer, but not a property of that name', () => {
    assert.match(problemsAfter('throw new Error', 'nameOf(0); throw new Error'), /cell 9 .* uses nameOf/);
    assert.equal(problemsAfter('throw new Error', 'const o = { nameOf: 1 }; o.nameOf; throw new Error'), '');
  });

  it('finds a stub that throws when its cell runs', () => {
    const loose =
      'function namesOf(labels: number[]): string[] {\n  const names: string[] = [];\n  // BEGIN SOLUTION';
    assert.match(
      problemsAfter(loose, `// BEGIN SOLUTION\n// END SOLUTION\n${loose}`),
      /put the throw inside the function/,
    );
  });

  it('finds unknown tags and untidy gaps', () => {
    assert.match(problemsAfter('expect-error', 'expect-errors'), /unknown tag expect-errors/);
    assert.match(problemsAfter('\n\n// %% tags', '\n\n\n// %% tags'), /between cells belongs one blank line/);
  });
});
