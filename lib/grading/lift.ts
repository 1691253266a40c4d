import ts from 'typescript';
import { CourseError } from '../errors';
import { courseRoot } from '../paths';
import { type Chapter, needsOf, questionOf } from './chapter';
import { declaredNames, parseCode, withoutImports } from './declarations';
import type { Cell } from './percent';
import { runCode } from './sandbox/run-code';
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
  const own = new Set(declaredNames(parseCode(answer)));
  const needed = chapter.cells
    .filter((candidate) => neededBy(chapter, cell).has(candidate))
    .map(solvedSource)
    .filter((source) => !isReplaced(declaredNames(parseCode(source)), own));
  const body = [...needed, answer];
  const imports = mergeImports([answer, ...codeCells]);
  const names = new Set(body.flatMap((source) => declaredNames(parseCode(source))));
  return [...imports, ...body.map(withoutImports), `export { ${[...names].join(', ')} };`].join('\n');
}

/**
 * What code declares and exports, once it ran. Imports resolve as in a notebook, `course/...` to the built library; what it
 * prints is lost.
 */
export async function evaluateAnswer(code: string, { root = courseRoot() } = {}): Promise<object> {
  return runCode(toCommonJs(code), { root });
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

/** Whether an answer declares all that a cell declares, types apart. */
function isReplaced(names: readonly string[], own: ReadonlySet<string>): boolean {
  return names.length > 0 && names.every((name) => own.has(name));
}

/** The imports of all sources, the first one counting where two bring the same name. */
function mergeImports(sources: readonly string[]): readonly string[] {
  const bound = new Set<string>();
  const isNew = (name: ts.Identifier): boolean => !bound.has(name.text) && Boolean(bound.add(name.text));
  const statements = sources.flatMap((source) => parseCode(source).statements.filter(ts.isImportDeclaration));
  const merged = statements.flatMap((statement): string[] => {
    const { importClause: clause, moduleSpecifier } = statement;
    if (!clause) return [statement.getText()];
    const write = (what: string) =>
      `import ${clause.isTypeOnly ? 'type ' : ''}${what} from ${moduleSpecifier.getText()};`;
    const { name, namedBindings: named } = clause;
    const whole = name && isNew(name) ? [write(name.text)] : [];
    if (!named) return whole;
    if (ts.isNamespaceImport(named)) return isNew(named.name) ? [...whole, write(named.getText())] : whole;
    const parts = named.elements.filter((element) => isNew(element.name)).map((element) => element.getText());
    return parts.length > 0 ? [...whole, write(`{ ${parts.join(', ')} }`)] : whole;
  });
  return [...new Set(merged)];
}
