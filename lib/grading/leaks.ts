import ts from 'typescript';
import { type Chapter, questionOf } from './chapter';
import { isCallOf, parseCode } from './declarations';
import { joinText, type Notebook } from './nbformat';
import { solutionLines } from './solution';

/** A line that students must not get, and what it is of, such as `the solution of q2.1`. */
export interface Secret {
  readonly line: string;
  readonly of: string;
}

/** Lines with fewer characters, blanks apart, tell nothing: `return total;`. */
const minCharacters = 16;

/** Words that mark what is not given out, in this course and in nbgrader. */
const marks = /(?:BEGIN|END) (?:SOLUTION|HIDDEN TESTS|MARK SCHEME)|\/\/ (?:SOLUTION|STUB)\b/;

/** The lines that only a solved chapter has. */
export function solutionSecrets({ cells }: Chapter): readonly Secret[] {
  return cells.flatMap((cell) =>
    solutionLines(cell).map((line) => ({ line, of: `the solution of ${questionOf(cell)}` })),
  );
}

/** The lines of all `hidden(...)` calls in the text of a chapter's test file, and the titles of their tests. */
export function hiddenTestSecrets(testFile: string): readonly Secret[] {
  const file = parseCode(testFile);
  const secrets: Secret[] = [];
  const visit = (node: ts.Node, { hidden }: { readonly hidden: boolean }): void => {
    const isHidden = hidden || isCallOf(node, 'hidden');
    if (isHidden && !hidden) {
      const lines = node.getText(file).split('\n');
      secrets.push(...lines.map((line) => ({ line: line.trim(), of: 'a hidden test' })));
    }
    if (isHidden && isCallOf(node, 'it') && ts.isStringLiteralLike(node.arguments[0]))
      secrets.push({ line: node.arguments[0].text, of: 'a hidden test' });
    ts.forEachChild(node, (child) => visit(child, { hidden: isHidden }));
  };
  visit(file, { hidden: false });
  return secrets;
}

/** Where a notebook, in cells, outputs or metadata, has a secret line or a mark, one sentence each; blanks do not count. */
export function leaksIn(notebook: Notebook, secrets: readonly Secret[]): readonly string[] {
  const bare = secrets.map(({ line, of }) => ({ line, of, text: withoutBlanks(line) }));
  const wanted = bare.filter(({ text }) => text.length >= minCharacters);
  const { cells, metadata } = notebook;
  const places = [
    ...cells.map((cell, at) => ({ name: `cell ${at + 1}`, text: readable(cell) })),
    { name: 'the metadata', text: readable(metadata) },
  ];
  const leaks = places.flatMap(({ name, text }) => {
    const shown = withoutBlanks(text);
    const found = wanted.filter((secret) => shown.includes(secret.text));
    return found.map(({ line, of }) => `${name} gives away a line of ${of}: ${line}`);
  });
  const marked = cells.flatMap(({ source }, at) => {
    const [mark] = marks.exec(joinText(source)) ?? [];
    return mark ? [`cell ${at + 1} has the mark ${mark}`] : [];
  });
  return [...new Set([...leaks, ...marked])];
}

/** All text in a value of a notebook; nbformat may cut a text into a list of lines. */
function readable(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'object' && value !== null ? Object.values(value).map(readable).join('') : '';
}

function withoutBlanks(text: string): string {
  return text.replace(/\s/g, '');
}
