import * as ts from '@tslab/typescript-for-tslab';

/**
 * `source` with every shorthand property written out: `{ x }` becomes `{ x: x }`. tslab 1.0.22 looks the `x` of a
 * shorthand up as a property, so one that an earlier cell declared is "not defined" when the cell runs. Lines stay where
 * they are; source with a syntax error comes back as it is.
 */
export function expandShorthand(source: string): string {
  const file = ts.createSourceFile('cell.ts', source, ts.ScriptTarget.ES2022);
  const names: ts.Identifier[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isShorthandPropertyAssignment(node)) names.push(node.name);
    ts.forEachChild(node, visit);
  };
  visit(file);
  let expanded = source;
  for (const name of names.reverse()) {
    expanded = `${expanded.slice(0, name.end)}: ${name.text}${expanded.slice(name.end)}`;
  }
  return expanded;
}
