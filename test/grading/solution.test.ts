import assert from 'node:assert/strict';
import { CourseError } from '../../lib/errors';
import { solutionLines, solvedSource, studentSource } from '../../lib/grading/solution';

const code = (source: string) => ({ kind: 'code', source }) as const;

describe('studentSource', () => {
  it('puts the default stub, indented, in place of a block', () => {
    const cell = code('function f() {\n  // BEGIN SOLUTION\n  return 1;\n  // END SOLUTION\n}');
    assert.equal(
      studentSource(cell),
      "function f() {\n  throw new Error('not implemented'); // your code here\n}",
    );
    assert.equal(solvedSource(cell), 'function f() {\n  return 1;\n}');
  });

  it("puts the block's own stub, with its inner indentation", () => {
    const stub = '  // STUB: if (x) {\n  // STUB:   return 0;\n  // STUB:\n  // STUB: }\n';
    const cell = code(`  // BEGIN SOLUTION\n${stub}  return 1;\n  // END SOLUTION`);
    assert.equal(studentSource(cell), '  if (x) {\n    return 0;\n\n  }');
    assert.equal(solvedSource(cell), '  return 1;');
  });

  it('drops or replaces single lines', () => {
    const cell = code('const a = 1; // SOLUTION\n  const b = 2; // SOLUTION: const b = 0;\nconst c = 3;');
    assert.equal(studentSource(cell), '  const b = 0;\nconst c = 3;');
    assert.equal(solvedSource(cell), 'const a = 1;\n  const b = 2;\nconst c = 3;');
    assert.deepEqual(solutionLines(cell), ['const a = 1;', 'const b = 2;']);
  });

  it('leaves room for an answer in words', () => {
    const cell = { kind: 'markdown', source: 'Why?\n\nBEGIN SOLUTION\nBecause.\nEND SOLUTION' } as const;
    assert.equal(studentSource(cell), 'Why?\n\n*Write your answer here.*');
    assert.equal(solvedSource(cell), 'Why?\n\nBecause.');
  });

  it('refuses marks that do not pair', () => {
    for (const source of [
      '// BEGIN SOLUTION\nx',
      '// END SOLUTION',
      '// BEGIN SOLUTION\n// BEGIN SOLUTION',
      '// STUB: x',
    ]) {
      assert.throws(() => studentSource(code(source)), CourseError, source);
    }
  });
});
