import ts from 'typescript';

export function parseCode(source: string): ts.SourceFile {
  return ts.createSourceFile('cell.ts', source, ts.ScriptTarget.ES2022, true);
}

/** The functions, classes and variables that code declares at its top level. */
export function declaredNames(file: ts.SourceFile): readonly string[] {
  return file.statements.flatMap(namesDeclaredBy);
}

export function namesDeclaredBy(statement: ts.Statement): readonly string[] {
  if (ts.isVariableStatement(statement)) return statement.declarationList.declarations.flatMap(boundNames);
  const named = ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement);
  return named && statement.name ? [statement.name.text] : [];
}

/** The names that code reads from elsewhere: neither keys of objects nor its own top-level declarations. */
export function usedNames(file: ts.SourceFile): readonly string[] {
  const own = new Set(declaredNames(file));
  const used = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && !isKey(node) && !own.has(node.text)) used.add(node.text);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return [...used];
}

/** The text of the import declarations in code. */
export function importsOf(source: string): readonly string[] {
  const file = parseCode(source);
  return file.statements.filter(ts.isImportDeclaration).map((statement) => statement.getText(file));
}

/** Code without its import declarations, line for line. */
export function withoutImports(source: string): string {
  const file = parseCode(source);
  const imports = file.statements.filter(ts.isImportDeclaration);
  return imports.reduceRight((text, node) => {
    const lines = node.getText(file).replace(/[^\n]/g, '');
    return text.slice(0, node.getStart(file)) + lines + text.slice(node.getEnd());
  }, source);
}

/** Whether a node is a call such as `name(...)`. */
export function isCallOf(node: ts.Node, name: string): node is ts.CallExpression {
  return ts.isCallExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === name;
}

/** Names a declaration binds, also by `const { a, b: [c] } = ...`. */
function boundNames({ name }: ts.VariableDeclaration | ts.BindingElement): readonly string[] {
  if (ts.isIdentifier(name)) return [name.text];
  return name.elements.flatMap((element) => (ts.isBindingElement(element) ? boundNames(element) : []));
}

function isKey(node: ts.Identifier): boolean {
  const parent = node.parent;
  if (ts.isPropertyAccessExpression(parent)) return parent.name === node;
  if (ts.isPropertyAssignment(parent) || ts.isParameter(parent)) return parent.name === node;
  return ts.isPropertySignature(parent) || ts.isImportSpecifier(parent);
}
