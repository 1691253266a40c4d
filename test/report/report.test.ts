import assert from 'node:assert/strict';
import { JSDOM } from 'jsdom';
import type { ImageDataset } from '../../lib/data';
import { StreamingMetrics } from '../../lib/evaluation';
import { describeComparison, type ReportContents, renderReport } from '../../lib/report';
import { toyDataset } from '../helpers/toy-dataset';

const evil = '<script>alert("x")</script>';

/** With spaces where lines must not break as ordinary ones. */
function plain(text: string | null): string {
  return (text ?? '').replaceAll('\u00a0', ' ');
}

/** Sixty images of which every sixth is taken for the next class. */
function contents(test: ImageDataset, more: Partial<ReportContents['measurements']> = {}): ReportContents {
  const numClasses = test.classNames.length;
  const metrics = new StreamingMetrics({ numClasses });
  test.labels.forEach((label, i) => {
    const said = i % 6 === 0 ? (label + 1) % numClasses : label;
    const row = test.classNames.map((_, c) => (c === said ? 0.7 : 0.3 / (numClasses - 1)));
    metrics.add([label], row);
  });
  return {
    name: `model ${evil}`,
    test,
    measurements: { metrics: metrics.result, ...more },
    facts: [
      ['command', `npx course evaluate "${evil}"`],
      ['date', '2030-01-02'],
    ],
  };
}

async function documentOf(given: ReportContents): Promise<{ document: Document; text: string }> {
  const text = await renderReport(given);
  return { document: new JSDOM(text).window.document, text };
}

describe('renderReport', () => {
  const test = { ...toyDataset({ count: 60 }), classNames: ['top', evil, 'left', 'right'] };
  let document: Document;
  let text: string;

  before(async () => {
    ({ document, text } = await documentOf(contents(test)));
  });

  it('stands alone: no script, nothing fetched, pictures inside', () => {
    assert.equal(document.querySelectorAll('script, link, iframe, object').length, 0);
    const policy = document.querySelector('meta[http-equiv]')?.getAttribute('content');
    assert.match(policy ?? '', /^default-src 'none'; img-src data:/);
    for (const image of document.querySelectorAll('img')) assert.match(image.src, /^data:image\/png;base64,/);
    assert.doesNotMatch(text.replaceAll(/xmlns(:xlink)?="[^"]*"/g, ''), /https?:\/\//);
    assert.doesNotMatch(text, /@import|url\((?!&?#?["']?#)/);
  });

  it('shows names from files as text, whatever they hold', () => {
    assert.equal(document.title, `model ${evil} on toy`);
    const heads = Array.from(document.querySelectorAll('.confusion tbody th'), (cell) => cell.textContent);
    assert.deepEqual(heads, test.classNames);
    assert.match(document.querySelector('.facts')?.textContent ?? '', /evaluate "<script>/);
  });

  it('tells accuracy with its interval', () => {
    const cards = Array.from(document.querySelectorAll('.headline div'), (card) => plain(card.textContent));
    assert.equal(cards[0], 'accuracy83.3 %72.0 % to 90.7 %'); // Wilson's of 50 in 60
    assert.equal(cards.length, 3); // top-4 of 4 classes is left out
  });

  it('has the confusion matrix as a table whose cells say what they count', () => {
    const rows = document.querySelectorAll('.confusion tbody tr');
    // Every sixth image has label 0 or 2: half of them each.
    const cells = Array.from(rows[2].querySelectorAll('td'));
    assert.deepEqual(
      cells.map((cell) => cell.textContent),
      ['', '', '10', '5'],
    );
    assert.equal(plain(cells[3].title), 'true: left, predicted: right: 5 images, 33.3 % of the true class');
    for (const cell of document.querySelectorAll('th')) assert.match(cell.scope, /^(row|col)$/);
  });

  it('shows the pairs and the mistakes with their images, described for those who cannot see them', () => {
    const pairs = document.querySelectorAll('.pairs li');
    assert.equal(pairs.length, 2);
    const [image] = pairs[0].querySelectorAll('img');
    assert.match(image.alt, /^test image 0: top, taken for <script>.* with 70\.0/);
    assert.equal(document.querySelectorAll('#mistakes img').length, 10);
  });

  it('names every part of its charts once', () => {
    const ids = Array.from(document.querySelectorAll('[id]'), ({ id }) => id);
    assert.deepEqual([...new Set(ids)], ids);
    for (const [, id] of text.matchAll(/url\(#([^)]+)\)/g)) assert.ok(ids.includes(id), id);
    for (const { hash } of document.querySelectorAll('nav a') as NodeListOf<HTMLAnchorElement>) {
      assert.ok(ids.includes(hash.slice(1)), hash);
    }
    const charts = Array.from(document.querySelectorAll('svg'));
    assert.equal(charts.length, 4);
    for (const chart of charts) assert.ok(chart.getAttribute('aria-label'));
  });

  it('leaves out what was not measured', () => {
    for (const id of ['comparison', 'robustness']) assert.equal(document.getElementById(id), null);
    assert.doesNotMatch(text, /temperature/);
  });

  it('tells comparison, temperature and robustness where they were', async () => {
    const { metrics } = contents(test).measurements;
    const at = { accuracy: 0.5, correct: 30, count: 60, low: 0.4, high: 0.6 };
    const corrupted = [
      { corruption: 'blur', severity: 1, amount: 0.4, unit: 'pixels', ...at } as const,
      { corruption: 'blur', severity: 2, amount: 0.6, unit: 'pixels', ...at, accuracy: 0.25 } as const,
    ];
    const more = await documentOf(
      contents(test, {
        comparison: {
          name: 'other',
          metrics,
          mcnemar: { firstOnly: 9, secondOnly: 1, method: 'exact binomial', pValue: 0.021 },
        },
        recalibration: { temperature: 1.5, fittedOn: 5000, metrics },
        robustness: { clean: at, corrupted },
      }),
    );
    const section = (id: string) => more.document.getElementById(id)?.textContent ?? '';
    assert.match(section('comparison'), /is better than other by more than chance explains/);
    assert.match(section('calibration'), /Fitted on 5,000 validation images, a temperature of 1\.50/);
    assert.match(plain(section('robustness')), /blur50\.0 %25\.0 %/);
    assert.equal(more.document.querySelectorAll('svg').length, 6);
  });

  it('shows grey images, and leaves out a matrix of very many classes', async () => {
    const grey = toyDataset({ count: 60, channels: 1 });
    const classNames = Array.from({ length: 50 }, (_, c) => `class ${c}`);
    const many = await documentOf(contents({ ...grey, classNames }));
    assert.equal(many.document.querySelector('.confusion'), null);
    assert.match(many.document.getElementById('confusion')?.textContent ?? '', /of 50 classes is too large/);
    assert.ok(many.document.querySelectorAll('#mistakes img').length > 0);
  });

  it('says so where there is no mistake', async () => {
    const metrics = new StreamingMetrics({ numClasses: 4 });
    for (const label of test.labels)
      metrics.add(
        [label],
        [0, 1, 2, 3].map((c) => Number(c === label)),
      );
    const perfect = await documentOf(contents(test, { metrics: metrics.result }));
    assert.match(perfect.document.getElementById('pairs')?.textContent ?? '', /made no mistake/);
  });
});

describe('describeComparison', () => {
  const { metrics } = contents(toyDataset({ count: 60 })).measurements;
  const between = (firstOnly: number, secondOnly: number, pValue: number) =>
    describeComparison(
      { name: 'B', metrics, mcnemar: { firstOnly, secondOnly, method: 'chi-squared', pValue } },
      { name: 'A' },
    );

  it('says which model is better, or that the images do not tell', () => {
    assert.match(
      between(1367, 353, 1e-9),
      /A alone is right on 1,367, B alone on 353 .*p < 0\.001\): A is better than B/,
    );
    assert.match(between(30, 60, 0.002), /p = 0\.002\): B is better than A/);
    assert.match(between(30, 31, 0.9), /these images do not tell which is better/);
    assert.match(between(0, 0, 1), /they are right on the same images/);
  });
});
