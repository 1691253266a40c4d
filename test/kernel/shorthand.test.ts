import assert from 'node:assert/strict';
import { expandShorthand } from '../../lib/kernel/shorthand';

describe('expandShorthand', () => {
  it('writes shorthand properties out, nested ones too', () => {
    assert.equal(expandShorthand('f({ a, b: { c }, d: 1 });'), 'f({ a: a, b: { c: c }, d: 1 });');
  });

  it('keeps what only looks like it', () => {
    for (const source of [
      "import { a } from 'x';",
      'const { a, b = 1 } = o;',
      'const s = "{ a }"; // { a }',
    ]) {
      assert.equal(expandShorthand(source), source);
    }
  });

  it('keeps an assignment pattern an assignment', () => {
    assert.equal(expandShorthand('({ a, b = 1 } = o);'), '({ a: a, b: b = 1 } = o);');
  });

  it('keeps lines and survives a syntax error', () => {
    assert.equal(expandShorthand('f({\n  a,\n  b,\n});'), 'f({\n  a: a,\n  b: b,\n});');
    assert.doesNotThrow(() => expandShorthand('const = {'));
  });
});
