import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseChapter } from '../../../lib/grading/chapter';
import { answerIn, readSubmission, type Submission } from '../../../lib/grading/sandbox/submission';
import { miniChapter } from '../../helpers/mini-course';

const chapter = parseChapter('09-counting', miniChapter);

describe('submission', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'submission-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  function read(content: unknown, name = 'any.ipynb'): Submission {
    const path = join(folder, name);
    const isText = typeof content === 'string' || Buffer.isBuffer(content);
    writeFileSync(path, isText ? content : JSON.stringify(content));
    return readSubmission(path);
  }
  const code = (source: unknown, question?: string, others: object = {}) => ({
    cell_type: 'code',
    source,
    metadata: question ? { course: { question } } : {},
    ...others,
  });
  const answerOf = (...cells: unknown[]) => answerIn(read({ cells }), { chapter, id: 'q9.1' });

  it('says in a sentence what is no notebook', () => {
    for (const [content, note] of [
      ['', /not JSON/],
      ['{"cells": [', /not JSON/],
      ['null', /no cells/],
      ['{"cells": 7}', /no cells/],
      ['{"__proto__": {"cells": []}}', /no cells/],
      ['[]', /no cells/],
      [Buffer.alloc(20_000_001, 32), /larger than 20 MB/],
    ] as const) {
      const { cells, notes } = read(content);
      assert.equal(cells.length, 0);
      assert.match(notes[0], note);
    }
  });

  it('reads what is left of broken cells', () => {
    const cells = [
      null,
      7,
      {},
      { cell_type: 'code' },
      code([1]),
      code('x'.repeat(200_001)),
      code('a\ud800'),
      code(['b', 'c']),
    ];
    const submission = read({ cells });
    assert.deepEqual(
      submission.cells.map(({ source }) => source),
      ['a\ufffd', 'bc'],
    );
    assert.equal(submission.notes.length, 6);
  });

  it('knows the chapter by its metadata, its questions or its name', () => {
    const metadata = { course: { source: 'solutions/02-normalization.ts' } };
    assert.equal(read({ cells: [], metadata }).chapter, '02-normalization');
    assert.equal(read({ cells: [code('1', 'q11.2')] }).chapter, '11');
    assert.equal(read({ cells: [] }, '07-tuning (2).ipynb').chapter, '07');
    assert.equal(read({ cells: [], metadata: { course: { source: '../../etc' } } }).chapter, undefined);
  });

  it('finds the answer by the metadata of the course, of nbgrader, or by the id of the cell', () => {
    for (const others of [
      {},
      { metadata: { nbgrader: { grade_id: 'q9-1' } } },
      { metadata: {}, id: 'q9-1' },
    ]) {
      const found = answerOf(code('function nameOf() {}', 'q9.1', others), code('2'));
      assert.deepEqual([found?.answer, found?.others, found?.notes], ['function nameOf() {}', ['2'], []]);
    }
  });

  it('takes the last cell that declares what is asked for, and notes that there are several', () => {
    const found = answerOf(
      code('function nameOf() { return 1; }', 'q9.1'),
      code('function nameOf() { return helper(); }', 'q9.1'),
      code('function helper() { return 2; }', 'q9.1'),
      code('', 'q9.1'),
    );
    assert.match(found?.answer ?? '', /return helper/);
    assert.equal(found?.others.length, 2);
    assert.match(found?.notes[0] ?? '', /3 cells/);
  });

  it('finds an answer whose metadata was lost by what it declares', () => {
    const found = answerOf(code('const x = 1;'), code('const nameOf = () => 1;'));
    assert.match(found?.answer ?? '', /nameOf/);
    assert.equal(found?.notes.length, 1);
  });

  it('finds nothing where there is nothing', () => {
    assert.equal(answerOf(code('const x = 1;'), code('  ', 'q9.1')), undefined);
  });
});
