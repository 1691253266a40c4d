import ts from 'typescript';
import { type Chapter, questionOf } from '../chapter';
import { declaredNames, importsOf, parseCode, usedNames } from '../declarations';
import { questionCode, toCommonJs } from '../lift';
import { solvedSource } from '../solution';

/** What of a student's notebook makes one answer. */
export interface AnswerSources {
  /** The cell of the question. */
  readonly answer: string;
  /** All other code cells, in their order. */
  readonly others: readonly string[];
}

/** Code that is no TypeScript, with the first thing that is wrong with it. */
export class CompileError extends Error {
  override name = 'CompileError';
}

/**
 * A student's answer as JavaScript that exports what it declares. What the answer uses without declaring it is looked for,
 * in this order: in the chapter's solved cells that the question needs; in the solved cell of another question, so that an
 * error there does not cost points here; in the student's other cells, the last declaration of a name counting. Of those
 * come functions, classes, types, and variables whose values are computed from what is at hand, such as `[3, 5]` or
 * `Math.sqrt(2)`; one that was trained or loaded does not.
 * @throws CompileError
 */
export function answerCode(chapter: Chapter, id: string, sources: AnswerSources): string {
  const { answer } = sources;
  checkSyntax(answer);
  const others = sources.others.filter(isSound); // an error in another cell is not this answer's
  const lifted = parseCode(questionCode(chapter, id, { version: 'solved', code: answer }));
  const imported = importsIn([answer, ...others]);
  const known = new Set([...declaredNames(lifted), ...importedNames(lifted), ...imported.names]);
  const helpers = new Map([...declarations(others), ...solvedAnswers(chapter, id)]);
  const found = new Set<Declaration>();
  const need = (name: string): boolean => {
    if (known.has(name) || name in globalThis) return true;
    const helper = helpers.get(name);
    if (!helper) return false;
    if (found.has(helper)) return true;
    found.add(helper);
    // A function may lack what it never comes to use; a value cannot be computed without.
    const complete = helper.uses.filter((used) => !need(used)).length === 0;
    if (!complete && helper.isValue) found.delete(helper);
    return complete || !helper.isValue;
  };
  for (const name of freeNames(parseCode(answer))) need(name);
  const inOrder = [...new Set(helpers.values())].filter((helper) => found.has(helper));
  inOrder.sort((a, b) => a.place - b.place);
  const code = [...imported.texts, ...inOrder.map(({ text }) => text), answer].join('\n');
  return toCommonJs(questionCode(chapter, id, { version: 'solved', code }));
}

interface Declaration {
  readonly text: string;
  /** Its position in the notebook. */
  readonly place: number;
  readonly uses: readonly string[];
  readonly isValue: boolean;
}

/** What cells declare at their top level, by name. */
function declarations(sources: readonly string[]): Map<string, Declaration> {
  const found = new Map<string, Declaration>();
  let place = 0;
  for (const source of sources) {
    const file = parseCode(source);
    for (const statement of file.statements) {
      place++;
      if (!isLiftable(statement)) continue;
      const text = statement.getText(file);
      const part = parseCode(text);
      const isValue = ts.isVariableStatement(statement);
      const declaration = { text, place, uses: freeNames(part), isValue };
      for (const name of [...declaredNames(part), ...typeNames(statement)]) found.set(name, declaration);
    }
  }
  return found;
}

/** What the other questions' solved cells declare. */
function solvedAnswers(chapter: Chapter, id: string): Map<string, Declaration> {
  const cells = chapter.cells.filter((cell) => cell.kind === 'code' && (questionOf(cell) ?? id) !== id);
  return declarations(cells.map(solvedSource));
}

/** Names that code reads and nowhere binds, not even in a function. */
function freeNames(file: ts.SourceFile): readonly string[] {
  const bound = new Set(importedNames(file));
  const visit = (node: ts.Node): void => {
    const binds =
      ts.isVariableDeclaration(node) ||
      ts.isParameter(node) ||
      ts.isBindingElement(node) ||
      ts.isFunctionLike(node) ||
      ts.isClassLike(node);
    if (binds && node.name && ts.isIdentifier(node.name)) bound.add(node.name.text);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return usedNames(file).filter((name) => !bound.has(name));
}

function importedNames(file: ts.SourceFile): readonly string[] {
  return file.statements.filter(ts.isImportDeclaration).flatMap(({ importClause: clause }) => {
    const named = clause?.namedBindings;
    const elements = !named ? [] : ts.isNamespaceImport(named) ? [named] : named.elements;
    return [...(clause?.name ? [clause.name] : []), ...elements.map(({ name }) => name)].map(
      ({ text }) => text,
    );
  });
}

/** The imports of all cells, those of the answer first. */
function importsIn(sources: readonly string[]): { texts: readonly string[]; names: readonly string[] } {
  const texts = sources.flatMap(importsOf);
  return { texts, names: importedNames(parseCode(texts.join('\n'))) };
}

function isLiftable(statement: ts.Statement): boolean {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.every(
      ({ initializer }) => initializer !== undefined && isPlain(initializer),
    );
  }
  return [
    ts.isFunctionDeclaration,
    ts.isClassDeclaration,
    ts.isInterfaceDeclaration,
    ts.isTypeAliasDeclaration,
    ts.isEnumDeclaration,
  ].some((is) => is(statement));
}

function typeNames(statement: ts.Statement): readonly string[] {
  const named =
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement) ||
    ts.isEnumDeclaration(statement);
  return named ? [statement.name.text] : [];
}

/** Whether an expression waits for nothing and calls nothing but what JavaScript itself brings. */
function isPlain(node: ts.Node): boolean {
  if (ts.isFunctionLike(node)) return true;
  if (ts.isAwaitExpression(node)) return false;
  if ((ts.isCallExpression(node) || ts.isNewExpression(node)) && !isBuiltIn(node.expression)) return false;
  return ts.forEachChild(node, (child) => (isPlain(child) ? undefined : 'no')) === undefined;
}

/** `Math.max`, `new Map`, `[1, 2].map`: what a call begins with is JavaScript's own. */
function isBuiltIn(expression: ts.Expression): boolean {
  if (ts.isPropertyAccessExpression(expression) || ts.isElementAccessExpression(expression))
    return isBuiltIn(expression.expression);
  if (ts.isCallExpression(expression) || ts.isParenthesizedExpression(expression))
    return isBuiltIn(expression.expression);
  if (ts.isIdentifier(expression)) return builtIns.has(expression.text);
  return ts.isArrayLiteralExpression(expression) || ts.isStringLiteralLike(expression);
}

const builtIns = new Set(
  Object.getOwnPropertyNames(globalThis).filter(
    (name) => /^[A-Z]/.test(name) && typeof Reflect.get(globalThis, name) !== 'undefined',
  ),
);

function checkSyntax(source: string): void {
  const { diagnostics = [] } = ts.transpileModule(source, {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
    fileName: 'answer.ts',
    reportDiagnostics: true,
  });
  const [first] = diagnostics;
  if (!first) return;
  const message = ts.flattenDiagnosticMessageText(first.messageText, ' ');
  const line = first.file && first.start !== undefined ? lineOf(first.file, first.start) : undefined;
  throw new CompileError(line === undefined ? message : `line ${line}: ${message}`);
}

function isSound(source: string): boolean {
  try {
    checkSyntax(source);
    return true;
  } catch {
    return false;
  }
}

function lineOf(file: ts.SourceFile, position: number): number {
  return file.getLineAndCharacterOfPosition(position).line + 1;
}
