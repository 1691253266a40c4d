import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CourseError } from '../../../lib/errors';
import { addOpenQuestions, answerMark, readManualScores } from '../../../lib/grading/class/manual-scores';
import { counting, makeFolder } from './fakes';

describe('manual scores', () => {
  let made: ReturnType<typeof makeFolder>;
  let file: string;
  beforeEach(() => {
    made = makeFolder();
    file = join(made.folder, 'manual.csv');
  });
  afterEach(() => made.remove());

  const chapterOf = (name: string) => {
    if (name === '09-counting' || name === '9') return counting;
    throw new CourseError('no such chapter');
  };
  const read = () => readManualScores(file, { chapterOf });
  const open = (student: string, answer = 'An answer.') => ({
    ...{ student, chapter: '09-counting', question: 'q9.3', answer },
  });
  const header = 'student_id,chapter,question,score,comment\n';

  it('makes a file to fill in, in the order of questions and students', async () => {
    assert.equal(await addOpenQuestions(file, [open('ben'), open('=1')], { known: read() }), 2);
    const mark = answerMark('An answer.');
    const text = `student_id,chapter,question,score,comment,answer\n'=1,09-counting,q9.3,,,${mark}\nben,09-counting,q9.3,,,${mark}\n`;
    assert.equal(readFileSync(file, 'utf8'), text);
    assert.equal(read().get('=1', '09-counting', 'q9.3')?.score, undefined);
  });

  it('adds what is new and leaves every byte of what was there', async () => {
    const filled = '\ufeffQuestion;student_id;chapter;score;comment;mine\r\nq9.3;ana;9;2,5;"so; so";x';
    writeFileSync(file, filled);
    assert.equal(await addOpenQuestions(file, [open('ana'), open('ben')], { known: read() }), 1);
    assert.equal(readFileSync(file, 'utf8'), `${filled}\r\nq9.3;ben;09-counting;;;\r\n`);
    assert.deepEqual(read().get('ana', '09-counting', 'q9.3'), {
      ...{ line: 2, score: 2.5, comment: 'so; so', answer: '' },
    });
    assert.equal(await addOpenQuestions(file, [open('ana'), open('ben')], { known: read() }), 0);
  });

  it('names line and question of what cannot be right', () => {
    const refuses = (row: string, sentence: RegExp) => {
      writeFileSync(file, `${header}${row}\n`);
      assert.throws(read, (error: Error) => error instanceof CourseError && sentence.test(error.message));
    };
    refuses('ana,9,q9.3,3.5,', /manual\.csv: line 2, ana q9\.3: expected a score from 0 to 3, got "3\.5"/);
    refuses('ana,9,q9.3,-1,', /line 2, ana q9\.3: expected a score from 0 to 3, got "-1"/);
    refuses('ana,9,q9.3,NaN,', /got "NaN"/);
    refuses('ana,9,q9.4,1,', /09-counting has no such question; it has q9\.1, q9\.3/);
    refuses('ana,12,q9.3,1,', /there is no chapter "12"/);
    refuses('ana,9,q9.3,1,\nana,09-counting,q9.3,2,', /line 3: the same question is in line 2/);
    writeFileSync(file, 'student_id,score\n');
    assert.throws(read, /chapter, question, comment is missing/);
  });

  it('takes a score for a question with tests too', () => {
    writeFileSync(file, `${header}ana,9,q9.1,2,right in spirit\n`);
    assert.equal(read().get('ana', '09-counting', 'q9.1')?.score, 2);
  });

  it('keeps a comment that looks like a formula', () => {
    writeFileSync(file, `${header}ana,9,q9.3,2,-1 for style\n`);
    appendFileSync(file, "ben,9,q9.3,2,'-1 for style\n");
    for (const student of ['ana', 'ben']) {
      assert.equal(read().get(student, '09-counting', 'q9.3')?.comment, '-1 for style');
    }
  });
});
