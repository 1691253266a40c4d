import * as ts from '@tslab/typescript-for-tslab';

/**
 * A cell's source in the words that tslab 1.0.22 understands: it replaces every identifier that an earlier cell declared,
 * the names of properties among them. So the shorthand `{ x }` of a value becomes `{ x: x }`, or x would be "not
 * defined"; and `{ x: y }` in a pattern becomes `{ 'x': y }`, or nothing would reach y. Lines stay where they are; source
 * with a syntax error comes back as it is.
 */
export function rewriteForTslab(source: string): string {
  const file = ts.createSourceFile('cell.ts', source, ts.ScriptTarget.ES2022);
  const edits: { start: number; end: number; text: string }[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isShorthandPropertyAssignment(node)) {
      edits.push({ start: node.name.end, end: node.name.end, text: `: ${node.name.text}` });
    }
    if (ts.isBindingElement(node) && node.propertyName && ts.isIdentifier(node.propertyName)) {
      const { text, end } = node.propertyName;
      edits.push({ start: node.propertyName.getStart(file), end, text: `'${text}'` });
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  edits.sort((a, b) => b.start - a.start);
  return edits.reduce(
    (rewritten, { start, end, text }) => rewritten.slice(0, start) + text + rewritten.slice(end),
    source,
  );
}
