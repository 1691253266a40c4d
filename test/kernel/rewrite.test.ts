import assert from 'node:assert/strict';
import { rewriteForTslab } from '../../lib/kernel/rewrite';

describe('rewriteForTslab', () => {
  it('writes shorthand properties out, nested ones too', () => {
    assert.equal(rewriteForTslab('f({ a, b: { c }, d: 1 });'), 'f({ a: a, b: { c: c }, d: 1 });');
  });

  it('keeps what only looks like it', () => {
    for (const source of [
      "import { a } from 'x';",
      'const { a, b = 1 } = o;',
      'const s = "{ a }"; // { a }',
    ]) {
      assert.equal(rewriteForTslab(source), source);
    }
  });

  it('keeps an assignment pattern an assignment', () => {
    assert.equal(rewriteForTslab('({ a, b = 1 } = o);'), '({ a: a, b: b = 1 } = o);');
  });

  it('quotes the properties that a pattern renames', () => {
    assert.equal(rewriteForTslab('const { a: b, c: { d } } = o;'), "const { 'a': b, 'c': { d } } = o;");
    assert.equal(rewriteForTslab('f(({ a: b = 1 }) => ({ b }));'), "f(({ 'a': b = 1 }) => ({ b: b }));");
    assert.equal(rewriteForTslab("const { 'a': b, [c]: d } = o;"), "const { 'a': b, [c]: d } = o;");
  });

  it('keeps lines and survives a syntax error', () => {
    assert.equal(rewriteForTslab('f({\n  a,\n  b,\n});'), 'f({\n  a: a,\n  b: b,\n});');
    assert.doesNotThrow(() => rewriteForTslab('const = {'));
  });
});
