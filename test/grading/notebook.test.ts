import assert from 'node:assert/strict';
import { parseChapter } from '../../lib/grading/chapter';
import {
  type CodeCell,
  formatNotebook,
  joinText,
  type Notebook,
  type Output,
} from '../../lib/grading/nbformat';
import { codeHash, notebookDisagreements, outputsAreStale, toNotebook } from '../../lib/grading/notebook';
import { miniChapter } from '../helpers/mini-course';

const chapter = parseChapter('09-counting', miniChapter);
const stdout = (text: string): Output => ({ output_type: 'stream', name: 'stdout', text: [text] });
const edited = (from: string, to: string) => parseChapter('09-counting', miniChapter.replace(from, to));
const codeCell = (notebook: Notebook, id: string) =>
  notebook.cells.find((cell) => cell.id === id) as CodeCell;

describe('toNotebook', () => {
  it('gives each question, check and named cell an id of its own, and others one of their content', () => {
    const ids = toNotebook(chapter).cells.map(({ id }) => id);
    assert.deepEqual(ids.slice(2, 8), ['classes', 'q9-1', 'q9-1-check', 'q9-2', 'q9-2-check', 'q9-3']);
    assert.match(ids[0], /^09-[0-9a-f]{8}$/);
    const inserted = toNotebook(edited('// %% id="classes"', '// %%\n1;\n\n// %% id="classes"')).cells.map(
      ({ id }) => id,
    );
    assert.deepEqual(
      ids.filter((id) => !inserted.includes(id)),
      [],
    );
  });

  it('tells apart cells of the same text', () => {
    const twice = parseChapter('09-x', '// %%\n1;\n\n// %%\n1;\n');
    const ids = toNotebook(twice).cells.map(({ id }) => id);
    assert.equal(ids[1], `${ids[0]}-2`);
  });

  it('gives students stubs, and says what each answers', () => {
    const answer = codeCell(toNotebook(chapter), 'q9-1');
    assert.match(joinText(answer.source), /^ {2}throw new Error\('not implemented'\)/m);
    assert.deepEqual(answer.metadata.course, { question: 'q9.1', points: 2 });
    const strict = toNotebook(edited('points=2', 'points=2 credit="all-or-nothing"'));
    assert.deepEqual(codeCell(strict, 'q9-1').metadata.course, {
      question: 'q9.1',
      points: 2,
      credit: 'all-or-nothing',
    });
  });

  it('keeps answers from being deleted, and checks from being edited too', () => {
    const keys = (id: string) => {
      const { editable, deletable, nbgrader } = codeCell(toNotebook(chapter), id).metadata;
      return [editable, deletable, nbgrader === undefined];
    };
    assert.deepEqual(keys('q9-1'), [undefined, false, false]);
    assert.deepEqual(keys('q9-1-check'), [false, false, false]);
    assert.deepEqual(keys('classes'), [undefined, undefined, true]);
  });

  it('keeps the outputs of cells that did not change', () => {
    const recorded = toNotebook(chapter, { outputs: new Map([['classes', [stdout('frog')]]]) });
    assert.equal(codeCell(recorded, 'classes').execution_count, 1);
    const moved = edited('// %% id="classes"', '// %%\n1;\n\n// %% id="classes"');
    assert.deepEqual(codeCell(toNotebook(moved, { outputsFrom: recorded }), 'classes').outputs, [
      stdout('frog'),
    ]);
    const changed = edited("'truck'", "'lorry'");
    assert.deepEqual(codeCell(toNotebook(changed, { outputsFrom: recorded }), 'classes').outputs, []);
  });
});

describe('formatNotebook', () => {
  it('writes sorted keys, indented by one blank, and a last line end', () => {
    const text = formatNotebook({ metadata: { b: 1, a: {} }, cells: [], nbformat_minor: 5, nbformat: 4 });
    const expected =
      '{\n "cells": [],\n "metadata": {\n  "a": {},\n  "b": 1\n },\n "nbformat": 4,\n "nbformat_minor": 5\n}\n';
    assert.equal(text, expected);
  });
});

describe('notebookDisagreements', () => {
  const notebook = toNotebook(chapter, { outputs: new Map([['classes', [stdout('frog')]]]) });

  it('finds none between a chapter and its notebook, whatever the outputs', () => {
    assert.deepEqual(notebookDisagreements(chapter, notebook), []);
  });

  it('names the cell that was changed on either side', () => {
    const found = notebookDisagreements(edited('Labels are numbers', 'Labels are words'), notebook);
    assert.deepEqual(found, ['cell 1 (# 9 Counting): differs from the chapter']);
    const points = notebookDisagreements(edited('points=2', 'points=4'), notebook);
    assert.equal(points.length, 2, 'the answer and its check');
  });

  it('names cells too many and too few', () => {
    const fewer = { ...notebook, cells: notebook.cells.slice(0, -1) };
    assert.deepEqual(notebookDisagreements(chapter, fewer), [
      "cell 9 (throw new Error('on purpose');): missing in the notebook",
    ]);
    const more = { ...notebook, cells: [...notebook.cells, notebook.cells[0]] };
    assert.deepEqual(notebookDisagreements(chapter, more), ['cell 10 (# 9 Counting): not in the chapter']);
  });

  it('sees another kernel', () => {
    const python = { ...notebook, metadata: { ...notebook.metadata, kernelspec: { name: 'python3' } } };
    assert.deepEqual(notebookDisagreements(chapter, python), ['metadata kernelspec differs']);
  });
});

describe('outputsAreStale', () => {
  it('says so once the code is not what ran, and not for changed text', () => {
    const base = { profile: 'quick', date: '2025-01-01', node: 'v20', tslab: '1', machine: 'm', seconds: 1 };
    const notebook = toNotebook(chapter, { recorded: { ...base, code: codeHash(chapter) } });
    assert.equal(outputsAreStale(edited('Labels are numbers', 'Labels are words'), notebook), false);
    assert.equal(outputsAreStale(edited("'truck'", "'lorry'"), notebook), true);
  });
});
