import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Notebook } from '../../lib/grading/nbformat';
import { stateFolder } from '../../lib/paths';

/** A chapter with one of everything: text, worked cell, two questions, their checks, one graded by hand. */
export const miniChapter = `// %% [markdown]
// # 9 Counting
//
// Labels are numbers.

// %%
import { inspect } from 'node:util';
import { check } from 'course/grading';

// %% id="classes"
const classNames = ['frog', 'truck'];
console.log(inspect(classNames));

// %% question="q9.1" points=2 needs=["classes"]
/** The name that belongs to a label. */
function nameOf(label: number): string {
  // BEGIN SOLUTION
  const found = classNames[label];
  if (found === undefined) throw new RangeError(\`no class \${label}\`);
  return found;
  // END SOLUTION
}

// %%
await check('q9.1');

// %% question="q9.2" points=1 needs=["q9.1"]
function namesOf(labels: number[]): string[] {
  const names: string[] = [];
  // BEGIN SOLUTION
  // STUB: // for each label, add its name
  for (const label of labels) names.push(nameOf(label));
  // END SOLUTION
  return names; // SOLUTION: return names.reverse();
}

// %%
await check('q9.2');

// %% [markdown] question="q9.3" points=3
// Why are labels numbers?
//
// BEGIN SOLUTION
// Because a network computes with numbers only.
// END SOLUTION

// %% tags=["expect-error"]
throw new Error('on purpose');
`;

/** The tests of \`miniChapter\`. */
export const miniTests = `import assert from 'node:assert/strict';
import { hidden, question } from '../../lib/grading/questions';
import { frog } from '../helpers/labels';

describe('not a question', () => it('is left alone', () => assert.fail()));

question<{ nameOf: (label: number) => string }>(
  'q9.1',
  (answers) => {
    it('knows the first class', () => assert.equal(answers().nameOf(frog), 'frog'));
    it('knows the last class [3 points]', () => assert.equal(answers().nameOf(1), 'truck'));
    hidden(() => {
      it('refuses an unknown label', () => assert.throws(() => answers().nameOf(7), RangeError));
    });
  },
  { wrongAnswers: [{ name: 'all frogs', code: "function nameOf() { return 'frog'; }", fails: 'knows the last class' }] },
);

question<{ namesOf: (labels: number[]) => string[] }>('q9.2', (answers) => {
  it('keeps the order', () => assert.deepEqual(answers().namesOf([1, 0, 0]), ['truck', 'frog', 'frog']));
});
`;

/** Tests of `miniChapter` that may be given out: each question lists a wrong answer. */
export const releasableTests = `${miniTests.replace(/\}\);\n$/, '')}}, {
  wrongAnswers: [{ name: 'sorts', code: "function namesOf(labels) { return labels.toSorted().map(nameOf); }", fails: 'keeps the order' }],
});
`;

/** A course folder of the mini chapter alone, inside the real one so that imports resolve; remove it when done. */
export function makeMiniCourse(files: Readonly<Record<string, string>> = {}): {
  root: string;
  remove: () => void;
} {
  mkdirSync(stateFolder(), { recursive: true });
  const root = mkdtempSync(join(stateFolder(), 'mini-'));
  const all: Readonly<Record<string, string>> = {
    'solutions/09-counting.ts': miniChapter,
    'test/chapters/09-counting.test.ts': miniTests,
    'test/helpers/labels.ts': 'export const frog = 0;\n',
    'notebooks/README.md': '',
    ...files,
  };
  for (const [path, text] of Object.entries(all)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return { root, remove: () => rmSync(root, { recursive: true, force: true }) };
}

/** A notebook of code cells. */
export function notebookOf(sources: readonly string[]): Notebook {
  return {
    cells: sources.map((source, at) => ({
      cell_type: 'code',
      id: `cell-${at + 1}`,
      metadata: {},
      source,
      outputs: [],
      execution_count: null,
    })),
    metadata: {},
    nbformat: 4,
    nbformat_minor: 5,
  };
}
