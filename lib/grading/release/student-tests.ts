import ts from 'typescript';
import { isCallOf, namesDeclaredBy, parseCode } from '../declarations';

/**
 * The text of a chapter's test file as students may have it: without the wrong answers, with nothing of the hidden tests but
 * their number, which `check` tells, and without the functions and variables that only these used.
 */
export function studentTests(testFile: string): string {
  const file = parseCode(testFile);
  const edits: { readonly start: number; readonly end: number; readonly text: string }[] = [];
  const replace = (node: ts.Node, text: string) =>
    edits.push({ start: node.getStart(file), end: node.getEnd(), text });
  const visit = (node: ts.Node): void => {
    if (isCallOf(node, 'hidden')) {
      const placeholder = "it('runs at grading', () => undefined);";
      replace(node, `hidden(() => { ${Array(testsIn(node)).fill(placeholder).join(' ')} })`);
      return;
    }
    if (isCallOf(node, 'question') && node.arguments[2]) replace(node.arguments[2], '{}');
    ts.forEachChild(node, visit);
  };
  visit(file);
  // Replaced code lies inside no other: what is hidden is not visited further, and options hold no tests.
  edits.sort((a, b) => b.start - a.start);
  const edited = edits.reduce(
    (text, { start, end, text: by }) => text.slice(0, start) + by + text.slice(end),
    testFile,
  );
  return withoutUnused(edited);
}

/** Code without the functions, classes and variables of its top level that nothing else of it mentions. */
function withoutUnused(code: string): string {
  const { statements } = parseCode(code);
  const unused = statements.find((statement) => {
    const names = namesDeclaredBy(statement);
    const others = statements.filter((other) => other !== statement);
    return names.length > 0 && !names.some((name) => others.some((other) => mentions(other, name)));
  });
  if (!unused) return code;
  return withoutUnused(code.slice(0, unused.getFullStart()) + code.slice(unused.getEnd())); // with its comments
}

function mentions(node: ts.Node, name: string): boolean {
  if (ts.isIdentifier(node) && node.text === name) return true;
  return ts.forEachChild(node, (child) => mentions(child, name) || undefined) ?? false;
}

function testsIn(node: ts.Node): number {
  let count = 0;
  const visit = (inner: ts.Node): void => {
    if (isCallOf(inner, 'it') || isCallOf(inner, 'specify')) count += 1;
    ts.forEachChild(inner, visit);
  };
  visit(node);
  return count;
}
