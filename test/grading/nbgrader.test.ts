import assert from 'node:assert/strict';
import { notebookPath } from '../../lib/grading/assign';
import { chapterNames, loadChapter, parseChapter, pointsOf } from '../../lib/grading/chapter';
import { joinText, type NotebookCell, readNotebook } from '../../lib/grading/nbformat';
import { type NbgraderMetadata, nbgraderMetadata } from '../../lib/grading/nbgrader';
import { miniChapter } from '../helpers/mini-course';

describe('nbgraderMetadata', () => {
  const { cells, ...chapter } = parseChapter('09-counting', miniChapter);
  const [, , , answer, check, , , words] = cells.map((cell) => nbgraderMetadata({ ...chapter, cells }, cell));
  const base = { schema_version: 3, task: false };

  // Checksums as nbgrader's compute_checksum has them, reckoned in Python for the same cells.
  it('opens an answer in code, and locks the cell that checks it and carries its points', () => {
    assert.deepEqual(answer, {
      ...{ ...base, cell_type: 'code', grade: false, solution: true, locked: false, grade_id: 'q9-1' },
      checksum: 'a826eadbbd570ffbe0ccbab90b08062f',
    });
    assert.deepEqual(check, {
      ...{ ...base, cell_type: 'code', grade: true, solution: false, locked: true },
      ...{ grade_id: 'q9-1-check', points: 2, checksum: 'fc76f197f78ab89993cd7b9c276f2a66' },
    });
  });

  it('has an answer in words graded by hand', () => {
    assert.deepEqual(words, {
      ...{ ...base, cell_type: 'markdown', grade: true, solution: true, locked: false },
      ...{ grade_id: 'q9-3', points: 3, checksum: '88d31184273922c299f082dc352c9b64' },
    });
  });

  it('writes points as Python does', () => {
    const half = parseChapter('09-counting', miniChapter.replace('points=2', 'points=0.5'));
    assert.equal(nbgraderMetadata(half, half.cells[4])?.checksum, 'd5ad068cd3aaa1816689b74bb86795b8');
  });

  it('leaves other cells alone', () => {
    assert.equal(nbgraderMetadata({ ...chapter, cells }, cells[2]), undefined);
  });
});

describe('the notebooks given out', () => {
  for (const name of chapterNames()) {
    it(`${name} keeps the rules of nbgrader's schema 3`, () => {
      const chapter = loadChapter(name);
      const notebook = readNotebook(notebookPath(chapter));
      const graded = notebook.cells.filter((cell) => cell.metadata.nbgrader !== undefined);
      assert.deepEqual(graded.flatMap(violations), []);
      const metadata = graded.map(nbgraderOf);
      const ids = metadata.map(({ grade_id }) => grade_id);
      assert.equal(new Set(ids).size, ids.length, 'a grade_id is there twice');
      const points = metadata.reduce((sum, cell) => sum + (cell.points ?? 0), 0);
      const asked = chapter.cells.reduce((sum, cell) => sum + pointsOf(cell), 0);
      assert.equal(points, asked, 'points of all graded cells');
    });
  }

  it('are told apart from cells that break the rules', () => {
    const sound = readNotebook(notebookPath(loadChapter('02'))).cells.find(({ id }) => id === 'q2-5');
    assert.ok(sound);
    const broken = (change: Partial<Record<keyof NbgraderMetadata, boolean | string>>): NotebookCell => {
      return { ...sound, metadata: { nbgrader: { ...nbgraderOf(sound), ...change } } };
    };
    assert.deepEqual(violations(sound), []);
    for (const change of [
      { solution: false },
      { grade: false },
      { grade_id: 'q2.5' },
      { cell_type: 'code' },
      { checksum: 'abc' },
      { task: 'no' },
    ]) {
      assert.ok(violations(broken(change)).length > 0, JSON.stringify(change));
    }
  });
});

function nbgraderOf(cell: NotebookCell): NbgraderMetadata {
  return JSON.parse(JSON.stringify(cell.metadata.nbgrader));
}

/** What nbgrader's schema (nbgraderformat/v3.json) and validator (v3.py) would refuse in a cell. */
function violations(cell: NotebookCell): readonly string[] {
  const metadata = nbgraderOf(cell);
  const { schema_version, grade, solution, locked, task, grade_id, points, checksum, cell_type } = metadata;
  const flags = [grade, solution, locked, task];
  const known = 'schema_version grade solution locked task grade_id points checksum cell_type'.split(' ');
  const rules: Readonly<Record<string, boolean>> = {
    'no other keys': Object.keys(metadata).every((key) => known.includes(key)),
    'schema 3': schema_version === 3,
    'flags are booleans': flags.every((flag) => typeof flag === 'boolean'),
    'an id of letters, digits, - and _': /^[a-zA-Z0-9_-]+$/.test(grade_id),
    'points where it is graded, and only there': grade ? Number(points) >= 0 : points === undefined,
    'a checksum of 32 characters': checksum.length === 32,
    'the type of the cell': cell_type === cell.cell_type,
    'words are graded and answered in one cell': cell_type === 'code' || grade === solution,
    'an answer is not locked': !(solution && locked),
    'a test is': !grade || solution || locked,
  };
  const broken = Object.entries(rules).flatMap(([rule, kept]) => (kept ? [] : [rule]));
  return broken.map((rule) => `${grade_id} (${joinText(cell.source).slice(0, 40)}): ${rule}`);
}
