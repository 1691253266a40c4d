import assert from 'node:assert/strict';
import { buildGradebook, type GradebookOptions, openQuestions } from '../../../lib/grading/class/gradebook';
import { parseDue, parseLatePolicy } from '../../../lib/grading/class/late-policy';
import { answerMark, type ManualScore } from '../../../lib/grading/class/manual-scores';
import { unknownStudent } from '../../../lib/grading/class/roster';
import { aGrade, aQuestion, aSubmission, aTest, counting } from './fakes';

describe('buildGradebook', () => {
  const ana = aSubmission('ana', { timestamp: parseDue('2026-10-02T12:00Z') });
  const grade = aGrade([
    aQuestion('q9.1', { score: 1 }),
    aQuestion('q9.3', { points: 3, score: undefined, manual: true, tests: [] }),
  ]);
  const scores = (entered: Readonly<Record<string, Partial<ManualScore>>>) => ({
    get: (student: string, _chapter: string, question: string) => {
      const found = entered[`${student} ${question}`];
      return found && { line: 2, comment: '', answer: '', ...found };
    },
  });
  const options = (rest: Partial<GradebookOptions> = {}): GradebookOptions => ({
    graded: [{ submission: ana, grade }],
    submissions: [ana],
    chapters: [counting],
    manual: scores({}),
    late: parseLatePolicy('none'),
    answersOf: () => new Map([['q9.3', 'Because.']]),
    ...rest,
  });
  const entriesOf = (rest: Partial<GradebookOptions> = {}) => buildGradebook(options(rest)).entries;

  it('counts what is known and waits for what is marked by hand', () => {
    const [entry] = entriesOf();
    assert.deepEqual([entry.status, entry.rawScore, entry.score, entry.points], ['to mark', 1, 1, 5]);
    assert.deepEqual(openQuestions(buildGradebook(options()), options()), [
      { student: 'ana', chapter: '09-counting', question: 'q9.3', answer: 'Because.' },
    ]);
  });

  it("puts the instructor's score in place of the machine's", () => {
    const manual = scores({ 'ana q9.1': { score: 2, comment: 'fine' }, 'ana q9.3': { score: 2.5 } });
    const [entry] = entriesOf({ manual });
    assert.deepEqual([entry.status, entry.score], ['graded', 4.5]);
    assert.deepEqual(
      entry.questions.map(({ score, byHand, comment }) => [score, byHand, comment]),
      [
        [2, true, 'fine'],
        [2.5, true, ''],
      ],
    );
    assert.deepEqual(openQuestions(buildGradebook(options({ manual })), options()), []);
  });

  it('says when another answer was marked than is there now', () => {
    const marked = (text: string) => scores({ 'ana q9.3': { score: 3, answer: answerMark(text) } });
    assert.deepEqual(entriesOf({ manual: marked('Because.') })[0].notes, []);
    assert.match(entriesOf({ manual: marked('No idea.') })[0].notes[0], /q9\.3: the answer is another one/);
  });

  it('takes off for being late', () => {
    const late = parseLatePolicy('deduct=50%/day');
    const [entry] = entriesOf({ late, due: parseDue('2026-10-01T12:00Z') });
    assert.deepEqual([entry.rawScore, entry.penalty, entry.score], [1, 0.5, 0.5]);
    assert.deepEqual(entry.notes, ['1 day late']);
  });

  it('notes a submission without a date rather than call it late', () => {
    const undated = aSubmission('ana');
    const rest = { submissions: [undated], graded: [{ submission: undated, grade }] };
    const [entry] = entriesOf({
      ...rest,
      late: parseLatePolicy('refuse-after=1h'),
      due: parseDue('2026-10-01T12:00Z'),
    });
    assert.deepEqual([entry.score, entry.notes], [1, ['no timestamp: not counted as late']]);
  });

  it('gives nothing to who handed in nothing, and notes who is in no roster', () => {
    const entries = entriesOf({ roster: [unknownStudent('ben')] });
    assert.deepEqual(
      entries.map(({ student, status, score, points, notes }) => [student.id, status, score, points, notes]),
      [
        ['ana', 'to mark', 1, 5, ['not in the roster']],
        ['ben', 'missing', 0, 5, []],
      ],
    );
  });

  it('calls nothing a zero where grading failed', () => {
    const failure = { submission: ana, failure: 'no more processes' };
    assert.deepEqual(entriesOf({ graded: [failure] })[0].status, 'not graded');
    const tests = [aTest('infrastructure failure')];
    const half = aGrade([aQuestion('q9.1', { score: undefined, tests })]);
    assert.equal(entriesOf({ graded: [{ submission: ana, grade: half }] })[0].status, 'not graded');
  });

  it('says why a file was refused', () => {
    const large = aSubmission('ana', { refused: 'is too large' });
    const [{ status, score, notes }] = entriesOf({ submissions: [large], graded: [] });
    assert.deepEqual([status, score, notes], ['refused', 0, ['refused: the file is too large']]);
  });
});
