import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CourseError } from '../../lib/errors';
import { formatPercent, parsePercent } from '../../lib/grading/percent';
import { courseRoot } from '../../lib/paths';
import { miniChapter } from '../helpers/mini-course';

describe('parsePercent', () => {
  it('reads kinds, options and sources', () => {
    const text =
      '// %% [markdown]\n// # Title\n//\n// Text\n\n// %% question="q1.1" points=2 tags=["a b", "c"]\nconst x = 1;\n';
    assert.deepEqual(parsePercent(text), {
      header: '',
      cells: [
        { kind: 'markdown', source: '# Title\n\nText', options: {} },
        {
          kind: 'code',
          source: 'const x = 1;',
          options: { question: 'q1.1', points: 2, tags: ['a b', 'c'] },
        },
      ],
    });
  });

  it('keeps titles, nested options and a title beside [markdown]', () => {
    const { cells } = parsePercent('// %% A title [md] jupyter={"source_hidden": true}\n// x\n');
    assert.deepEqual(cells[0], {
      kind: 'markdown',
      title: 'A title',
      source: 'x',
      options: { jupyter: { source_hidden: true } },
    });
  });

  it('names file and line of what it cannot read', () => {
    const where = (text: string, pattern: RegExp) =>
      assert.throws(
        () => parsePercent(text, { file: 'solutions/x.ts' }),
        (error) => error instanceof CourseError && pattern.test(error.message),
      );
    where(
      '// %% points=two\n',
      /^solutions\/x\.ts:1: expected key=value with the value as JSON, got points=two/,
    );
    where('// %% [raw]\n', /^solutions\/x\.ts:1: /);
    where('// %% [markdown]\n// fine\nnot a comment\n', /^solutions\/x\.ts:3: .*must start with/);
  });
});

describe('formatPercent', () => {
  const sources = readdirSync(join(courseRoot(), 'solutions')).filter((file) => /^\d.*\.ts$/.test(file));
  const texts: readonly (readonly [string, string])[] = [
    ['the mini chapter', miniChapter],
    ['a header', '// Written by hand.\nimport x from "x";\n\n// %%\nx;\n'],
    ['empty cells and wide gaps', '// %%\n\n// %% [markdown]\n\n\n// %%\na;\n\n\n\n// %%\nb;\n\n'],
    ['cells without a gap', '// %%\na;\n// %%\nb;\n'],
    ['blank lines inside a cell', '// %%\na;\n\nb;\n'],
    ['options of all kinds', '// %% a=null b=[1, "x y"] c={"d": [true, "}"]} e=" =" f=-1.5\n1;\n'],
    ...sources.map((file) => [file, readFileSync(join(courseRoot(), 'solutions', file), 'utf8')] as const),
  ];
  for (const [name, text] of texts) {
    it(`gives back the text it was parsed from: ${name}`, () => {
      assert.equal(formatPercent(parsePercent(text)), text);
    });
  }
});
