import ts from 'typescript';
import { isCallOf, parseCode } from '../declarations';

/**
 * The text of a chapter's test file as students may have it: without the wrong answers, and with nothing of the hidden
 * tests but their number, which `check` tells.
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
  return edits.reduce(
    (text, { start, end, text: by }) => text.slice(0, start) + by + text.slice(end),
    testFile,
  );
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
