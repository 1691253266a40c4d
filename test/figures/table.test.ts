import assert from 'node:assert/strict';
import { showTable, table } from '../../lib/figures';
import { fakeNotebook } from './tiny';

const rows = [
  { model: '<img src=x onerror="alert(1)">', accuracy: 0.70125, images: 10000 },
  { model: "O'Hara & co", accuracy: 0.8, images: 5 },
];

function shown(...[content, options]: Parameters<typeof showTable>) {
  const { notebook, outputs } = fakeNotebook();
  showTable(content, { ...options, notebook });
  const { bundle } = outputs[0][0];
  return { html: String(bundle['text/html']), text: String(bundle['text/plain']) };
}

describe('showTable', () => {
  it('escapes names, headings and the caption', () => {
    const { html } = shown([{ '<b>': '<i>&"\'' }], { caption: '<u>' });
    assert.doesNotMatch(html, /<[biu]>/);
    assert.match(html, /&#60;i&#62;&#38;&#34;&#39;/);
  });

  it('writes numbers to the precision, whole numbers whole and small ones not as 0', () => {
    const { text } = shown([{ a: 0.70125, b: 10000, c: 0.0001 }], { precision: 2 });
    assert.equal(text, '   a      b       c\n0.70  10000  0.0001');
  });

  it('shows what is missing as a dash', () => {
    assert.equal(shown([{ a: Number.NaN }, { a: 1 }]).text, 'a\n–\n1');
  });

  it('shows a DataFrame like the rows it was made of', () => {
    assert.deepEqual(shown(table(rows)), shown(rows));
  });
});

describe('table', () => {
  it('makes a DataFrame of the columns asked for', () => {
    const frame = table(rows, { columns: ['images', 'model'] });
    assert.deepEqual(frame.columns, ['images', 'model']);
    assert.deepEqual(frame.column('images').values, [10000, 5]);
    assert.deepEqual(frame.shape, [2, 2]);
  });
});
