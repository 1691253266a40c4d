import { CourseError } from '../../errors';
import type { QuestionGrade, SubmissionGrade, TestGrade } from '../grades';
import { isFinal } from './grade-class';
import { formatPoints, plainText } from './plain-text';
import { noAnswerWords, outcomeWords, toldTests } from './words';

/** A test in Gradescope's results.json (https://gradescope-autograders.readthedocs.io/en/latest/specs/). */
export interface GradescopeTest {
  readonly name: string;
  readonly number: string;
  readonly score: number;
  readonly max_score: number;
  readonly status: 'passed' | 'failed';
  readonly output: string;
  readonly visibility: 'visible' | 'hidden' | 'after_due_date' | 'after_published';
}

export interface GradescopeResults {
  readonly score: number;
  readonly output: string;
  readonly visibility: 'visible';
  readonly stdout_visibility: 'hidden';
  readonly tests: readonly GradescopeTest[];
}

/**
 * One student's grades as Gradescope's results.json. A test has its share of the question's points. Hidden tests are
 * numbered, without a word of them, and shown with the total once grades are published, or never. Questions marked by
 * hand are left to Gradescope's own outline. `notes` are for the student.
 * @throws CourseError for a grade with an infrastructure failure: Gradescope then shows that grading failed, not a zero.
 */
export function gradescopeResults(
  grades: readonly SubmissionGrade[],
  {
    hiddenTests = 'after_published',
    notes = [],
  }: { readonly hiddenTests?: 'after_published' | 'hidden'; readonly notes?: readonly string[] } = {},
): GradescopeResults {
  const failed = grades.find((grade) => !isFinal(grade));
  if (failed) throw new CourseError(`${failed.chapter}: grading failed, which is no zero; run it again`);
  const questions = grades.flatMap((grade) => grade.questions);
  const manual = questions.filter((question) => question.manual);
  const graded = questions.filter((question) => !question.manual);
  const output = [
    ...grades.map(({ chapter }) => `${chapter} was graded.`),
    ...notes.map((note) => plainText(note)),
    ...manual.map(({ id, points }) => `${id} (${formatPoints(points)} points) is marked by hand.`),
  ];
  return {
    score: rounded(graded.reduce((sum, { score = 0 }) => sum + score, 0)),
    output: output.join('\n'),
    visibility: 'visible',
    stdout_visibility: 'hidden',
    tests: graded.flatMap((question) => testsOf(question, hiddenTests)),
  };
}

function testsOf(
  question: QuestionGrade,
  hiddenTests: 'after_published' | 'hidden',
): readonly GradescopeTest[] {
  const { id, points, score = 0, tests } = question;
  if (tests.length === 0) return [noAnswer(question)];
  const total = tests.reduce((sum, { weight }) => sum + weight, 0) || 1;
  const share = ({ weight }: TestGrade) => (points * weight) / total;
  const passed = tests.filter(({ outcome }) => outcome === 'passed');
  const byTests = passed.reduce((sum, test) => sum + share(test), 0);
  // A question may give all or nothing, or nothing to an answer that cheats: then passed tests earn less than their share.
  const factor = byTests > 0 ? score / byTests : 0;
  const ordered = [...tests.filter(({ hidden }) => !hidden), ...tests.filter(({ hidden }) => hidden)];
  const told = toldTests(tests);
  return ordered.map((test, at): GradescopeTest => {
    const { name, result, message } = told[at];
    const right = test.outcome === 'passed';
    return {
      name: plainText(`${id}: ${name}`),
      number: `${id.slice(1)}.${at + 1}`,
      score: right ? rounded(share(test) * factor) : 0,
      max_score: rounded(share(test)),
      status: right ? 'passed' : 'failed',
      output: plainText([right ? outcomeWords.passed : result, message].filter(Boolean).join(': ')),
      visibility: test.hidden ? hiddenTests : 'visible',
    };
  });
}

/** The notebook has no such cell: nothing was run. */
function noAnswer({ id, points, score = 0 }: QuestionGrade): GradescopeTest {
  return {
    name: id,
    number: id.slice(1),
    score: rounded(score),
    max_score: rounded(points),
    status: 'failed',
    output: noAnswerWords,
    visibility: 'visible',
  };
}

function rounded(points: number): number {
  return Number(points.toFixed(4));
}
