import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { notebookPath, notebookProblems } from '../../lib/grading/assign';
import { type Chapter, chapterNames, loadChapter, parseChapter } from '../../lib/grading/chapter';
import { codeCells, readNotebook } from '../../lib/grading/nbformat';
import { notebookDisagreements, studentCells } from '../../lib/grading/notebook';
import { formatPercent } from '../../lib/grading/percent';
import { chapterProblems } from '../../lib/grading/problems';
import { courseRoot } from '../../lib/paths';
import { miniChapter } from '../helpers/mini-course';
import { typeErrors } from '../helpers/typecheck';

const tsconfig = join(courseRoot(), 'solutions', 'tsconfig.json');

/** The student's version of a chapter as one TypeScript file. */
function studentText(chapter: Chapter): string {
  const cells = studentCells(chapter).map(({ cell, source }) => ({ ...cell, source }));
  return formatPercent({ header: chapter.header, cells });
}

describe('chapters', () => {
  for (const name of chapterNames()) {
    describe(name, () => {
      const path = join(courseRoot(), 'solutions', `${name}.ts`);
      const chapter = loadChapter(name);

      it('has nothing its author should mend', () => {
        assert.deepEqual(chapterProblems(chapter, { text: readFileSync(path, 'utf8') }), []);
      });

      it('agrees with its notebook', () => {
        assert.ok(existsSync(notebookPath(chapter)), `missing; run: npx course notebooks ${name} --write`);
        assert.deepEqual(notebookDisagreements(chapter, readNotebook(notebookPath(chapter))), []);
      });

      it('gives away no solution, shows no stderr and no path of a machine, and is not too large', () => {
        assert.deepEqual(notebookProblems(chapter, readNotebook(notebookPath(chapter))), []);
      });

      it('shows what its worked cells put out', () => {
        const outputs = codeCells(readNotebook(notebookPath(chapter))).flatMap((cell) => cell.outputs);
        assert.ok(outputs.length > 0, `no outputs; run: npx course notebooks ${name} --write`);
      });
    });
  }

  it('type-check as students get them, stubs and all', () => {
    const chapters = [
      ...chapterNames().map((name) => loadChapter(name)),
      parseChapter('09-counting', miniChapter),
    ];
    const files = chapters.map((chapter) => {
      return [join(courseRoot(), 'solutions', `${chapter.name}.student.ts`), studentText(chapter)] as const;
    });
    assert.deepEqual(typeErrors(new Map(files), { tsconfig }), []);
  });

  it('do not type-check with a stub of the wrong type', () => {
    const text = studentText(
      parseChapter('09-counting', miniChapter.replace('return names.reverse()', 'return 5')),
    );
    const errors = typeErrors(new Map([[join(courseRoot(), 'solutions', '09-wrong.student.ts'), text]]), {
      tsconfig,
    });
    assert.equal(errors.length, 1);
    assert.match(
      errors[0],
      /^solutions.09-wrong\.student\.ts:\d+ Type 'number' is not assignable to type 'string\[\]'/,
    );
  });
});
