import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeError, writeFileAtomically } from '../../atomic-file';
import type { AskedChapter } from './chapter-questions';
import { formatCsvLine } from './csv';
import { feedbackPage } from './feedback';
import { fileNames } from './file-names';
import type { Entry, Gradebook } from './gradebook';
import { gradesCsv } from './grades-csv';
import { junitXml } from './junit';
import { addOpenQuestions, type ManualScores, type OpenQuestion } from './manual-scores';
import { markingPage } from './marking-page';
import { byText, plainLine } from './plain-text';
import type { SimilarPair } from './similarity';
import { similarityPage } from './similarity-page';
import { summaryPage } from './summary-page';

export interface Results {
  readonly gradebook: Gradebook;
  readonly chapters: readonly AskedChapter[];
  /** Similar answers, by chapter. */
  readonly pairs: ReadonlyMap<string, readonly SimilarPair[]>;
  readonly open: readonly OpenQuestion[];
  readonly manual: ManualScores;
  readonly problems: readonly string[];
  /** The command, to be kept with what it made. */
  readonly madeBy: string;
  readonly answerOf: (chapter: string, student: string, question: string) => string;
}

/** The file that the instructor fills in. */
export const manualScoresFile = 'manual-scores.csv';

/**
 * Writes what a class gets and what its instructor reads to `folder`: grades.csv, index.html, feedback/STUDENT.html,
 * marking.html, similarity.html and .csv, junit.xml; adds to manual-scores.csv what is open. The same grades make the same
 * files. Returns how many questions were added to be marked.
 */
export async function writeResults(
  folder: string,
  { gradebook, chapters, pairs, open, manual, problems, madeBy, answerOf }: Results,
): Promise<{ readonly added: number }> {
  const { entries } = gradebook;
  await makeFolder(join(folder, 'feedback'));
  const names = fileNames([...new Set(entries.map(({ student }) => student.id))]);
  const nameOf = (student: string) => `${names.get(student)}.html`;
  const write = (name: string, text: string) => writeFileAtomically(join(folder, name), text);
  await write('grades.csv', gradesCsv(gradebook));
  await write('junit.xml', junitXml(gradebook));
  await write('similarity.csv', similarityCsv(pairs));
  const chapterPairs = chapters.map(({ name, title }) => ({
    title,
    pairs: pairs.get(name) ?? [],
    answerOf: (student: string, question: string) => answerOf(name, student, question),
  }));
  await write('similarity.html', similarityPage(chapterPairs));
  await write('marking.html', markingPage(open, { chapters, file: manualScoresFile }));
  const added = await addOpenQuestions(join(folder, manualScoresFile), open, { known: manual });
  const byStudent = new Map<string, Entry[]>();
  for (const entry of entries) {
    byStudent.set(entry.student.id, [...(byStudent.get(entry.student.id) ?? []), entry]);
  }
  for (const [student, ofStudent] of byStudent) {
    await write(join('feedback', nameOf(student)), feedbackPage(ofStudent));
  }
  const files = [
    { href: 'grades.csv', what: 'grades.csv' },
    { href: 'marking.html', what: `${open.length} answers to mark by hand` },
    { href: manualScoresFile, what: manualScoresFile },
    { href: 'similarity.html', what: 'similar answers' },
    { href: 'junit.xml', what: 'junit.xml' },
  ];
  const links = { feedbackOf: (student: string) => `feedback/${encodeURIComponent(nameOf(student))}`, files };
  await write('index.html', summaryPage(gradebook, { problems, madeBy, links }));
  return { added };
}

function similarityCsv(pairs: ReadonlyMap<string, readonly SimilarPair[]>): string {
  const rows = [...pairs].flatMap(([chapter, found]) =>
    found.map(({ students: [a, b], share, questions }) => [
      chapter,
      plainLine(a),
      plainLine(b),
      Number(share.toFixed(3)),
      questions.map(({ question }) => question).join(' '),
    ]),
  );
  const header = ['chapter', 'student_id', 'other_student_id', 'share', 'questions'];
  const sorted = rows.sort((a, b) => byText(String(a[0]), String(b[0])));
  return [header, ...sorted].map((row) => `${formatCsvLine(row)}\n`).join('');
}

async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((error) => {
    throw writeError(folder, error);
  });
}
