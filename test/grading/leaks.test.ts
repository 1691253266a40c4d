import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { notebookPath } from '../../lib/grading/assign';
import { chapterNames, loadChapter, parseChapter } from '../../lib/grading/chapter';
import { hiddenTestSecrets, leaksIn, solutionSecrets } from '../../lib/grading/leaks';
import { type Notebook, type Output, readNotebook } from '../../lib/grading/nbformat';
import { toNotebook } from '../../lib/grading/notebook';
import { courseRoot } from '../../lib/paths';
import { miniChapter, miniTests } from '../helpers/mini-course';

const chapter = parseChapter('09-counting', miniChapter);
const secrets = [...solutionSecrets(chapter), ...hiddenTestSecrets(miniTests)];
const sound = toNotebook(chapter);

/** The notebook with its third cell, a worked one, changed. */
function changed(change: Readonly<Record<string, unknown>>): Notebook {
  return { ...sound, cells: sound.cells.map((cell, at) => (at === 2 ? { ...cell, ...change } : cell)) };
}

describe('leaksIn', () => {
  it("finds nothing in a student's notebook", () => {
    assert.deepEqual(leaksIn(sound, secrets), []);
  });

  const line = 'const found = classNames[label];';
  const expected = [`cell 3 gives away a line of the solution of q9.1: ${line}`];

  it('finds a line of a solution within a cell, however it is laid out', () => {
    assert.deepEqual(
      leaksIn(changed({ source: `// was: const found =\n  classNames[label];` }), secrets),
      expected,
    );
  });

  it('finds it in outputs, cut into lines as they are, and in metadata', () => {
    const text = ['const found = ', 'classNames[label];'];
    const outputs: readonly Output[] = [
      { output_type: 'display_data', data: { 'text/html': text }, metadata: {} },
    ];
    assert.deepEqual(leaksIn(changed({ outputs }), secrets), expected);
    assert.deepEqual(leaksIn(changed({ metadata: { course: { note: [line] } } }), secrets), expected);
    const metadata = { ...sound.metadata, author: line };
    assert.match(leaksIn({ ...sound, metadata }, secrets).join(), /^the metadata gives away/);
  });

  it('finds the title and the code of a hidden test, not those of a public one', () => {
    const found = (source: string) => leaksIn(changed({ source }), secrets).join('\n');
    assert.match(
      found('It refuses an unknown label.'),
      /^cell 3 gives away a line of a hidden test: refuses/,
    );
    assert.match(
      found("it('refuses an unknown label', () => assert.throws(() => answers().nameOf(7), RangeError));"),
      /assert\.throws/,
    );
    assert.equal(found('It knows the first class, and the last class too.'), '');
  });

  it('finds marks that were left over, and takes no short line for a secret', () => {
    for (const mark of ['// BEGIN SOLUTION', '// STUB: return 1;', 'x; // SOLUTION', '### END HIDDEN TESTS'])
      assert.equal(leaksIn(changed({ source: mark }), secrets).length, 1, mark);
    assert.deepEqual(leaksIn(changed({ source: 'return found;' }), secrets), []);
  });
});

describe('the notebooks given out', () => {
  for (const name of chapterNames()) {
    it(`${name} gives away neither its solution nor its hidden tests`, () => {
      const chapter = loadChapter(name);
      const tests = join(courseRoot(), 'test', 'chapters', `${name}.test.ts`);
      assert.ok(existsSync(tests));
      const hidden = hiddenTestSecrets(readFileSync(tests, 'utf8'));
      assert.ok(hidden.length > 0);
      const notebook = readNotebook(notebookPath(chapter));
      assert.deepEqual(leaksIn(notebook, [...solutionSecrets(chapter), ...hidden]), []);
    });
  }
});
