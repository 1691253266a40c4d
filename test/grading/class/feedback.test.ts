import assert from 'node:assert/strict';
import { JSDOM } from 'jsdom';
import { feedbackPage } from '../../../lib/grading/class/feedback';
import { markingPage } from '../../../lib/grading/class/marking-page';
import { similarityPage } from '../../../lib/grading/class/similarity-page';
import { summaryPage } from '../../../lib/grading/class/summary-page';
import { anEntry, aTest, counting } from './fakes';

const hostile = '</pre></script><script>alert(1)</script><img src=x onerror="alert(2)">\u0000\u202e';

function parse(markup: string): Document {
  const { document } = new JSDOM(markup).window;
  assert.equal(document.querySelectorAll('script, img, iframe, link[rel=stylesheet]').length, 0);
  for (const element of document.querySelectorAll('*')) {
    for (const { name, value } of element.attributes) {
      assert.doesNotMatch(name, /^on/);
      assert.doesNotMatch(value, /^\s*javascript:/i);
    }
  }
  assert.ok(!markup.includes('\u0000') && !markup.includes('\u202e') && !/https?:/.test(markup));
  return document;
}

/** What one reads, a blank between elements. */
function words(node: Node | null | undefined): string {
  const text = (one: Node): string =>
    (one.nodeType === 3 ? one.nodeValue : [...one.childNodes].map(text).join(' ')) ?? '';
  return (node ? text(node) : '').replace(/\s+/g, ' ').trim();
}

describe('feedbackPage', () => {
  const entry = anEntry('ana', [
    {
      tests: [
        aTest('passed', { title: 'knows frogs' }),
        aTest('wrong value', { title: 'knows trucks', message: "expected 'truck', got 'frog'" }),
        aTest('timeout', { title: 'SECRET title', hidden: true, message: 'SECRET message' }),
        aTest('passed', { title: 'SECRET too', hidden: true }),
      ],
      score: 1,
      notes: ['SECRET note'],
    },
    { id: 'q9.3', points: 3, score: 2.5, manual: true, byHand: true, tests: [], comment: 'Good.\nAlmost.' },
  ]);

  it('tells public failures in words, and of hidden tests only whether they passed', () => {
    const document = parse(feedbackPage([{ ...entry, notes: ['SECRET note of the entry'] }]));
    assert.deepEqual([...document.querySelectorAll('li')].map(words), [
      'knows frogs: passed',
      "knows trucks: not the value expected expected 'truck', got 'frog'",
      'hidden test 1: not passed',
      'hidden test 2: passed',
    ]);
    assert.doesNotMatch(document.documentElement.outerHTML, /SECRET|timeout/);
    assert.equal(words(document.querySelector('.total')), '3.5 of 5 points');
    assert.equal(document.querySelector('blockquote')?.textContent, 'Good.\nAlmost.');
    assert.deepEqual(
      [...document.querySelectorAll('tbody tr')].map((row) => words(row)),
      ['q9.1 1 2', 'q9.3 2.5 3'],
    );
  });

  it('says what being late took off, and what is still open', () => {
    const open = anEntry(
      'ana',
      [{ score: 2 }, { id: 'q9.3', points: 3, score: undefined, manual: true, tests: [] }],
      {
        ...{ status: 'to mark', penalty: 0.2, score: 1.8, lateMs: 3_600_000 },
      },
    );
    const text = words(parse(feedbackPage([open])).querySelector('main'));
    assert.match(text, /1\.8 of 5 points Some questions are still to be marked by hand\./);
    assert.match(text, /Handed in 1 h late: 0\.2 of 2 points are taken off\./);
    assert.match(text, /Marked by hand, not yet done/);
  });

  it('shows no score where grading failed', () => {
    const text = words(parse(feedbackPage([anEntry('ana', [], { status: 'not graded', score: 0 })])).body);
    assert.match(text, /not the fault of the answers/);
    assert.doesNotMatch(text, /0 of 5/);
  });

  it('tells of a question that has no answer, and of nothing handed in', () => {
    assert.match(
      words(parse(feedbackPage([anEntry('ana', [{ score: 0, tests: [] }])])).body),
      /has no answer to this question/,
    );
    assert.match(
      words(parse(feedbackPage([anEntry('ana', [], { status: 'missing' })])).body),
      /Nothing was handed in/,
    );
  });

  it('lets nothing of a student become markup', () => {
    const student = { id: hostile, firstName: hostile, lastName: hostile, email: hostile };
    const question = { comment: hostile, tests: [aTest('exception', { title: hostile, message: hostile })] };
    const document = parse(feedbackPage([anEntry(hostile, [question], { student })]));
    assert.match(words(document.querySelector('pre')), /^<\/pre><\/script><script>alert/);
  });
});

describe("the instructor's pages", () => {
  it('let nothing of a student become markup', () => {
    const question = { notes: [hostile], tests: [aTest('exception', { title: hostile, message: hostile })] };
    const student = { id: hostile, firstName: hostile, lastName: hostile, email: hostile };
    const entries = [anEntry(hostile, [question], { student, notes: [hostile] })];
    const links = { feedbackOf: () => 'feedback/x.html', files: [{ href: 'a.csv', what: hostile }] };
    parse(summaryPage({ entries }, { problems: [hostile], madeBy: hostile, links }));
    const pair = {
      students: [hostile, 'ben'] as const,
      share: 0.9,
      questions: [{ question: 'q9.1', share: 0.9, weight: 30 }],
    };
    parse(similarityPage([{ title: '9 Counting', pairs: [pair], answerOf: () => hostile }]));
    const open = { student: hostile, chapter: '09-counting', question: 'q9.3', answer: hostile };
    const marking = parse(markingPage([open], { chapters: [counting], file: 'manual.csv' }));
    assert.equal(marking.querySelectorAll('pre').length, 1);
  });

  it('show the class at a glance, and which test nobody passes', () => {
    const tests = [aTest('passed', { title: 'easy' }), aTest('wrong value', { title: 'hard', hidden: true })];
    const entries = ['ana', 'ben'].map((id) => anEntry(id, [{ tests, score: 1 }], { notes: ['look here'] }));
    const links = { feedbackOf: (id: string) => `feedback/${id}.html`, files: [] };
    const document = parse(summaryPage({ entries }, { problems: [], madeBy: 'course grade x', links }));
    const text = words(document.body);
    assert.match(text, /1 of 5 points on average, median 1; 2 graded, 0 missing/);
    assert.match(text, /hard \(hidden\) 2 wrong value 0 of 2/);
    assert.match(text, /ana graded 1/);
    assert.equal(document.querySelector('tbody a')?.getAttribute('href'), 'feedback/ana.html');
  });
});
