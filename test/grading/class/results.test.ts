import assert from 'node:assert/strict';
import { parseCsv } from '../../../lib/grading/class/csv';
import { fileNames } from '../../../lib/grading/class/file-names';
import { gradesCsv } from '../../../lib/grading/class/grades-csv';
import { gradescopeResults } from '../../../lib/grading/class/gradescope';
import { analyseItems } from '../../../lib/grading/class/item-analysis';
import { junitXml } from '../../../lib/grading/class/junit';
import { parseDue } from '../../../lib/grading/class/late-policy';
import { readRoster } from '../../../lib/grading/class/roster';
import { classStatistics } from '../../../lib/grading/class/statistics';
import { aGrade, anEntry, aQuestion, aSubmission, aTest, makeFolder } from './fakes';

describe('gradesCsv', () => {
  const student = { id: 'ana', lastName: '=HYPERLINK("x")', firstName: 'Ana, Maria', email: 'a@x.org' };

  it("has nbgrader's columns, then the status and a column for each question", () => {
    const timestamp = parseDue('2026-10-02T12:00+02:00');
    const entry = anEntry(
      'ana',
      [
        { id: 'q9.1', score: 4 / 3 },
        { id: 'q9.3', points: 3, score: undefined },
      ],
      {
        ...{ student, status: 'to mark', submission: aSubmission('ana', { timestamp }) },
        ...{ penalty: 1 / 3, score: 1 },
      },
    );
    const missing = anEntry('ben', [], { status: 'missing', submission: undefined });
    const text = gradesCsv({ entries: [entry, missing], due: parseDue('2026-10-01T23:59Z') });
    assert.deepEqual(text.split('\n'), [
      'assignment,duedate,timestamp,student_id,last_name,first_name,email,raw_score,late_submission_penalty,score,max_score,status,q9.1,q9.3',
      '09-counting,2026-10-01 23:59:00,2026-10-02 10:00:00,ana,"\'=HYPERLINK(""x"")","Ana, Maria",a@x.org,1.3333,0.3333,1,5,to mark,1.3333,',
      '09-counting,2026-10-01 23:59:00,,ben,,,,0,0,0,5,missing,0,0',
      '',
    ]);
  });

  it('leaves the scores empty where grading failed', () => {
    const text = gradesCsv({ entries: [anEntry('ana', [{ score: undefined }], { status: 'not graded' })] });
    const [{ cells }] = parseCsv(text, { file: 'grades.csv' }).rows;
    assert.deepEqual(
      ['raw_score', 'score', 'max_score', 'q9.1'].map((name) => cells.get(name)),
      ['', '', '5', ''],
    );
  });
});

describe('gradescopeResults', () => {
  const tests = [
    aTest('passed', { title: 'knows frogs' }),
    aTest('passed', { title: 'SECRET', hidden: true, weight: 3 }),
    aTest('wrong value', { title: 'knows trucks', message: "expected 'truck', got 'frog'\u0007" }),
    aTest('exception', { title: 'SECRET too', hidden: true, message: 'SECRET message', weight: 3 }),
  ];
  const question = aQuestion('q9.1', { points: 4, score: 2, tests });

  it('gives each test its share, public ones in full, hidden ones by number', () => {
    const manual = aQuestion('q9.3', { points: 3, score: undefined, manual: true, tests: [] });
    const results = gradescopeResults([aGrade([question, manual])]);
    assert.equal(results.score, 2);
    assert.match(results.output, /q9\.3 \(3 points\) is marked by hand/);
    assert.deepEqual(
      results.tests.map(({ name, number, score, max_score, status, output, visibility }) => [
        ...[name, number, score, max_score, status, output, visibility],
      ]),
      [
        ['q9.1: knows frogs', '9.1.1', 0.5, 0.5, 'passed', 'passed', 'visible'],
        [
          ...['q9.1: knows trucks', '9.1.2', 0, 0.5, 'failed'],
          ...["not the value expected: expected 'truck', got 'frog'\ufffd", 'visible'],
        ],
        ['q9.1: hidden test 1', '9.1.3', 1.5, 1.5, 'passed', 'passed', 'after_published'],
        ['q9.1: hidden test 2', '9.1.4', 0, 1.5, 'failed', 'not passed', 'after_published'],
      ],
    );
    assert.doesNotMatch(JSON.stringify(results), /SECRET/);
  });

  it('adds up to the score of a question that gives all or nothing', () => {
    const { score, tests: shown } = gradescopeResults([aGrade([{ ...question, score: 0 }])], {
      hiddenTests: 'hidden',
    });
    assert.equal(score, 0);
    assert.deepEqual(
      shown.map((test) => test.score),
      [0, 0, 0, 0],
    );
    assert.equal(shown[3].visibility, 'hidden');
  });

  it('is no zero where grading failed', () => {
    const failed = aQuestion('q9.1', { score: undefined, tests: [aTest('infrastructure failure')] });
    assert.throws(() => gradescopeResults([aGrade([failed])]), /^CourseError: 09-counting: grading failed/);
  });
});

describe('junitXml', () => {
  it('is XML whatever stands in names and messages', async () => {
    const hostile = ']]></failure><x a="1">\u0000\u001b[31m\ud800\ufffe & "quoted"\nnext';
    const entry = anEntry('a<b>"&', [
      {
        tests: [
          aTest('passed', { title: hostile }),
          aTest('wrong value', { message: hostile }),
          aTest('timeout', { hidden: true }),
        ],
      },
    ]);
    const xml = junitXml({ entries: [entry, anEntry('ben', [], { status: 'missing' })] });
    const { JSDOM } = await import('jsdom');
    const document = new JSDOM(xml, { contentType: 'text/xml' }).window.document;
    const suites = [...document.querySelectorAll('testsuite')];
    assert.equal(suites.length, 2);
    const counts = ['tests', 'failures', 'errors', 'skipped'].map((name) => suites[0].getAttribute(name));
    assert.deepEqual(counts, ['3', '1', '1', '0']);
    const text = document.querySelector('failure')?.textContent;
    assert.equal(text, ']]></failure><x a="1">\ufffd\ufffd[31m\ufffd\ufffd & "quoted"\nnext');
    assert.equal(document.querySelector('error')?.getAttribute('type'), 'timeout');
  });
});

describe('fileNames', () => {
  it('keeps plain names, and makes safe and different ones of others', () => {
    const ids = [
      'ana',
      'José',
      '../../etc/passwd',
      'a/b',
      'a\nb',
      'Ben',
      'ben',
      'con',
      '',
      '.',
      'x'.repeat(300),
    ];
    const names = [...fileNames(ids).values()];
    assert.deepEqual(names.slice(0, 2), ['ana', 'José']);
    for (const name of names) assert.match(name, /^[\p{L}\p{N}_@+-][\p{L}\p{N}_@.+-]{0,90}$/u);
    assert.equal(new Set(names.map((name) => name.toLowerCase())).size, ids.length);
    assert.notEqual(names[7], 'con');
  });

  it('gives the hashed name of one student to no other', () => {
    const [hashed] = fileNames(['a/b']).values();
    const names = [...fileNames(['a/b', hashed]).values()];
    assert.equal(new Set(names).size, 2);
  });
});

describe('analyseItems', () => {
  it('tells how many passed each test, and how the others failed', () => {
    const entry = (student: string, outcomes: readonly Parameters<typeof aTest>[0][]) =>
      anEntry(student, [{ tests: outcomes.map((outcome, at) => aTest(outcome, { title: `test ${at}` })) }]);
    const items = analyseItems([
      entry('ana', ['passed', 'timeout']),
      entry('ben', ['wrong value', 'wrong value']),
      entry('cleo', ['infrastructure failure', 'wrong value']),
    ]);
    assert.deepEqual(
      items.map(({ title, count, passed, failures }) => [title, count, passed, failures]),
      [
        ['test 0', 2, 1, [{ outcome: 'wrong value', count: 1 }]],
        [
          'test 1',
          3,
          0,
          [
            { outcome: 'wrong value', count: 2 },
            { outcome: 'timeout', count: 1 },
          ],
        ],
      ],
    );
  });
});

describe('classStatistics', () => {
  it('sums up those with a score', () => {
    const scores = [0, 0.5, 3, 5];
    const entries = scores.map((score, at) => anEntry(`s${at}`, [{ score }]));
    const rest = [anEntry('m', [], { status: 'missing' }), anEntry('n', [], { status: 'not graded' })];
    const { count, missing, mean, median, histogram } = classStatistics([...entries, ...rest]);
    assert.deepEqual([count, missing, mean, median], [4, 1, 2.125, 1.75]);
    assert.deepEqual(histogram, [1, 1, 0, 0, 0, 0, 1, 0, 0, 1]);
  });
});

describe('readRoster', () => {
  it('reads a class list, and names the line with a mistake', () => {
    const { folder, remove } = makeFolder({
      'good.csv': 'email,student_id\nb@x.org,ben\na@x.org,ana\n',
      'twice.csv': 'student_id\nana\nben\nana\n',
      'other.csv': 'id,name\n',
    });
    try {
      assert.deepEqual(readRoster(`${folder}/good.csv`)[0], {
        id: 'ana',
        lastName: '',
        firstName: '',
        email: 'a@x.org',
      });
      assert.throws(() => readRoster(`${folder}/twice.csv`), /line 4: ana is in line 2 too/);
      assert.throws(
        () => readRoster(`${folder}/other.csv`),
        /expected the columns student_id,.* got id,name/,
      );
    } finally {
      remove();
    }
  });
});
