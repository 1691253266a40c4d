import ts from 'typescript';
import { CourseError } from '../errors';
import { type Chapter, checkedBy, needsOf, pointsOf, questionOf, roleOf, tagsOf } from './chapter';
import { declaredNames, parseCode, usedNames } from './declarations';
import type { Cell } from './percent';
import { formatPercent } from './percent';
import { credits } from './score';
import { hasSolution, solvedSource, studentSource } from './solution';

/** No cell is longer than this, in either version. */
export const maxCellLines = 15;

const knownTags = ['expect-error', 'expect-stderr'];

/** What a chapter's author must mend before the chapter can be given out, one sentence each; `text` is the file's. */
export function chapterProblems(
  chapter: Chapter,
  { text }: { readonly text?: string } = {},
): readonly string[] {
  const problems = chapter.cells.flatMap((cell, at) => {
    return cellProblems(chapter, at).map((problem) => `cell ${at + 1} (${firstLine(cell)}): ${problem}`);
  });
  if (problems.length === 0) problems.push(...questionProblems(chapter));
  if (text !== undefined && formatPercent(chapter) !== text)
    problems.push('the file ends its lines in CRLF or blanks');
  if (chapter.cells.some(({ gap }) => gap !== undefined))
    problems.push('between cells belongs one blank line');
  return problems.map((problem) => `solutions/${chapter.name}.ts: ${problem}`);
}

/** The first line of a cell that says something, to name the cell by. */
export function firstLine({ source }: Pick<Cell, 'source'>): string {
  const line = source.split('\n').find((line) => line.trim() !== '') ?? 'empty';
  return line.length > 60 ? `${line.slice(0, 57)}...` : line;
}

function cellProblems(chapter: Chapter, at: number): string[] {
  const cell = chapter.cells[at];
  const problems: string[] = [];
  try {
    const versions = [studentSource(cell), solvedSource(cell)];
    const length = Math.max(...versions.map((source) => source.split('\n').length));
    if (cell.kind === 'code' && length > maxCellLines)
      problems.push(`${length} lines, more than ${maxCellLines}`);
  } catch (error) {
    if (!(error instanceof CourseError)) throw error;
    return [error.message];
  }
  const unknown = tagsOf(cell).filter((tag) => tag.startsWith('expect') && !knownTags.includes(tag));
  if (unknown.length > 0) problems.push(`unknown tag ${unknown.join(', ')}, known: ${knownTags.join(', ')}`);
  const question = questionOf(cell);
  const earlier = chapter.cells.slice(0, at);
  if (question === undefined) {
    if (hasSolution(cell)) problems.push('has a solution but no question="..."');
    return problems;
  }
  if (!new RegExp(`^q${chapter.number}\\.\\d+$`).test(question)) {
    problems.push(`question "${question}" should be q${chapter.number}.1, q${chapter.number}.2 ...`);
  }
  if (earlier.some((other) => questionOf(other) === question)) problems.push(`a second cell for ${question}`);
  if (!hasSolution(cell)) problems.push('marks no solution');
  if (!(pointsOf(cell) > 0)) problems.push('needs points=N');
  problems.push(...creditProblems(cell));
  for (const need of needsOf(cell)) {
    const found = earlier.some((other) => questionOf(other) === need || other.options.id === need);
    if (!found) problems.push(`needs "${need}", which is no earlier question or id`);
  }
  if (cell.kind === 'code' && parseCode(studentSource(cell)).statements.some(ts.isThrowStatement)) {
    problems.push('the stub throws when the cell runs; put the throw inside the function to write');
  }
  return problems;
}

function creditProblems({ kind, options: { credit } }: Cell): string[] {
  if (credit === undefined) return [];
  if (kind === 'markdown') return ['is marked by hand and can have no credit="..."'];
  const known = credits.map((name) => `"${name}"`).join(' or ');
  return credits.some((name) => name === credit)
    ? []
    : [`credit=${JSON.stringify(credit)}: expected ${known}`];
}

/** Each code question has its check, and nothing but checks and later questions uses a student's answer. */
function questionProblems({ cells }: Chapter): string[] {
  const problems: string[] = [];
  const codeQuestions = cells.filter((cell) => cell.kind === 'code' && questionOf(cell));
  cells.forEach((cell, at) => {
    const checked = checkedBy(cell);
    const asked = cells.slice(0, at).some((other) => other.kind === 'code' && questionOf(other) === checked);
    if (checked && !asked) problems.push(`cell ${at + 1} checks ${checked}, which no cell before it asks`);
    if (checked && cells.slice(0, at).some((other) => checkedBy(other) === checked))
      problems.push(`cell ${at + 1} checks ${checked} a second time`);
    const question = questionOf(cell);
    if (cell.kind === 'code' && question && !cells.slice(at).some((other) => checkedBy(other) === question)) {
      problems.push(`no cell after ${question} runs await check('${question}');`);
    }
    if (roleOf(cell) !== 'worked') return;
    const names = codeQuestions.flatMap((other) => declaredNames(parseCode(solvedSource(other))));
    for (const name of usedNames(parseCode(cell.source)).filter((used) => names.includes(used))) {
      problems.push(`cell ${at + 1} (${firstLine(cell)}) uses ${name}, which the student still has to write`);
    }
  });
  return problems;
}
