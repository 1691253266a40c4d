import { Console } from 'node:console';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { runInThisContext } from 'node:vm';
import ts from 'typescript';
import { CourseError } from '../errors';
import { courseRoot } from '../paths';
import { type Chapter, needsOf, questionOf } from './chapter';
import { declaredNames, importsOf, parseCode, withoutImports } from './declarations';
import type { Cell } from './percent';
import { solvedSource, studentSource } from './solution';

/**
 * The code of one answer, lifted out of its chapter: all imports, the solved cells it needs, then the question's own
 * cell, `student` being the stub and `code` another answer in its place.
 */
export function questionCode(
  chapter: Chapter,
  id: string,
  { version, code }: { readonly version: 'student' | 'solved'; readonly code?: string },
): string {
  const cell = chapter.cells.find((candidate) => candidate.kind === 'code' && questionOf(candidate) === id);
  if (!cell) throw new CourseError(`solutions/${chapter.name}.ts: no code cell with question="${id}"`);
  const answer = code ?? (version === 'student' ? studentSource(cell) : solvedSource(cell));
  const codeCells = chapter.cells.filter(({ kind }) => kind === 'code').map(solvedSource);
  const needed = chapter.cells
    .filter((candidate) => neededBy(chapter, cell).has(candidate))
    .map(solvedSource);
  const body = [...needed, answer];
  const imports = new Set([...codeCells, answer].flatMap(importsOf));
  const names = new Set(body.flatMap((source) => declaredNames(parseCode(source))));
  return [...imports, ...body.map(withoutImports), `export { ${[...names].join(', ')} };`].join('\n');
}

/**
 * What code declares and exports, once it ran. Imports resolve as in a notebook, `course/...` to the built library; what it
 * prints is lost.
 */
export async function evaluateAnswer(code: string, { root = courseRoot() } = {}): Promise<object> {
  const require = createRequire(join(root, 'notebooks', 'answer.js'));
  const exports: Record<string, unknown> = {};
  const wrapped = `(async function (exports, require, console) {${toCommonJs(code)}\n})`;
  await runInThisContext(wrapped, { filename: 'answer.ts' })(exports, require, new Console(new Sink()));
  return exports;
}

/** Swallows what is written to it. */
class Sink extends Writable {
  override _write(_chunk: unknown, _encoding: string, done: () => void): void {
    done();
  }
}

/** TypeScript, whatever its types -> JavaScript for `require`. */
export function toCommonJs(code: string, { file = 'answer.ts' } = {}): string {
  const { ES2022 } = ts.ScriptTarget;
  const compilerOptions = { module: ts.ModuleKind.CommonJS, target: ES2022, esModuleInterop: true };
  return ts.transpileModule(code, { compilerOptions, fileName: file }).outputText;
}

/** The cells a cell names by `needs`, and theirs. */
function neededBy(chapter: Chapter, cell: Cell, found = new Set<Cell>()): Set<Cell> {
  for (const need of needsOf(cell)) {
    const other = chapter.cells.find(
      (candidate) => questionOf(candidate) === need || candidate.options.id === need,
    );
    if (!other) throw new CourseError(`solutions/${chapter.name}.ts: nothing called "${need}" to need`);
    if (!found.has(other)) neededBy(chapter, other, found.add(other));
  }
  return found;
}
