import assert from 'node:assert/strict';
import { JSDOM } from 'jsdom';
import { textBounds, textWidth } from '../../lib/figures/text-bounds';

// Ten units a letter, whatever the font.
const measure = (text: string) => 10 * text.length;

function element(svg: string): Element {
  const { document } = new JSDOM(`<svg xmlns="http://www.w3.org/2000/svg">${svg}</svg>`).window;
  return document.querySelector('#it') as Element;
}

const style = 'style="font-size: 20px"';

describe('textBounds', () => {
  it('starts, centres or ends the text at x as its anchor says', () => {
    const left = (anchor: string) =>
      textBounds(
        element(`<text id="it" x="100" y="50" text-anchor="${anchor}" ${style}>abcd</text>`),
        measure,
      ).left;
    assert.deepEqual(['start', 'middle', 'end'].map(left), [100, 80, 60]);
  });

  it('reaches from 0.9 of the size above the line to 0.25 below, and 1.3 more for each further line', () => {
    const lines = '<tspan class="line">ab</tspan><tspan class="line">abc</tspan>';
    const { left, right, top, bottom } = textBounds(
      element(`<text id="it" x="0" y="50" ${style}>${lines}</text>`),
      measure,
    );
    assert.deepEqual([left, right, top, bottom], [0, 30, 32, 81]);
  });

  it('follows moves and turns up to the document, or to a given element', () => {
    const svg = `<g transform="translate(5,7) rotate(90)"><g id="it"><text x="0" y="0" ${style}>ab</text></g></g>`;
    const group = element(svg);
    const { left, right, top, bottom } = textBounds(group, measure);
    // (x, y) -> (-y, x), then moved
    assert.deepEqual([left, right, top, bottom].map(Math.round), [0, 23, 7, 27]);
    assert.equal(textBounds(group, measure, group).right, 20);
  });

  it('is empty where there is no text', () => {
    assert.deepEqual(textBounds(element('<g id="it"></g>'), measure), {
      left: 0,
      top: 0,
      right: 0,
      bottom: 0,
    });
  });
});

describe('textWidth', () => {
  it('is that of the widest line', () => {
    const lines = '<tspan class="line">ab</tspan><tspan class="line">abc</tspan>';
    assert.equal(textWidth(element(`<text id="it">${lines}</text>`), measure), 30);
  });
});
