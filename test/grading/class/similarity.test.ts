import assert from 'node:assert/strict';
import { nGrams, similarPairs, weightOf } from '../../../lib/grading/class/similarity';
import { codeTokens, wordTokens } from '../../../lib/grading/class/tokens';
import { createRandom } from '../../../lib/random';

describe('codeTokens', () => {
  it('leaves out what is changed to hide a copy', () => {
    const one = 'const mean = xs.map((x) => x / 255); // mine';
    const other = '/* own work */ const m=values.map((v)=>v/256)\n;';
    assert.deepEqual(codeTokens(one), codeTokens(other));
    assert.deepEqual(codeTokens(one).slice(0, 6), ['const', 'name', '=', 'name', '.', 'map']);
    assert.deepEqual(codeTokens('out[type] = from'), ['name', '[', 'name', ']', '=', 'name']);
    assert.notDeepEqual(codeTokens(one), codeTokens(one.replace('map', 'filter')));
  });

  it('tells divisions from regular expressions, and looks into templates', () => {
    assert.deepEqual(codeTokens('a / b / c'), ['name', '/', 'name', '/', 'name']);
    assert.deepEqual(codeTokens('f(/[/"]x/g)'), ['name', '(', '/ /', ')']);
    assert.deepEqual(codeTokens(['`a $', '{b + `$', '{1}`} c`'].join('')), [
      '``',
      'name',
      '+',
      '``',
      '1',
      '``',
      '``',
    ]);
    assert.deepEqual(codeTokens('{ a }'), ['{', 'name', '}']);
  });

  it('ends on code that is none', () => {
    for (const code of ['`${', "'", '/*', '}}}', '(((('.repeat(100_000), '\0\ufffe#!']) codeTokens(code);
  });
});

describe('similarPairs', () => {
  const question = { id: 'q9.1', manual: true, stub: '', solution: '' };
  const class_ = (texts: Readonly<Record<string, string>>) =>
    Object.entries(texts).map(([student, text]) => ({ student, answers: new Map([['q9.1', text]]) }));

  it('compares runs of tokens', () => {
    assert.deepEqual([...nGrams(wordTokens('A b, a B c!'), 2)], ['a b', 'b a', 'b c']);
  });

  it('counts what two wrote in full, what more wrote less, what half the class wrote not at all', () => {
    assert.equal(weightOf(2, { students: 8 }), 1);
    assert.equal(weightOf(4, { students: 8 }), 0.5); // ln 2 / ln 4
    assert.equal(weightOf(5, { students: 8 }), 0);
    assert.equal(weightOf(2, { students: 2 }), 1);
  });

  it('gives the share of the smaller answer', () => {
    // Pairs of words: ana has ab bc cd de, ben ab bc cd dx xy: 3 in common of ana's 4.
    const answers = class_({ ben: 'a b c d x y', ana: 'a b c d e', cleo: 'p q r s t' });
    assert.deepEqual(similarPairs(answers, [question], { n: 2, minWeight: 3 }), [
      { students: ['ana', 'ben'], share: 0.75, questions: [{ question: 'q9.1', share: 0.75, weight: 3 }] },
    ]);
    assert.deepEqual(similarPairs(answers, [question], { n: 2, minWeight: 4 }), []);
    assert.deepEqual(similarPairs(answers, [question], { n: 2, minWeight: 3, minShare: 0.8 }), []);
  });

  it('leaves out what the stub or the solution says', () => {
    const answers = class_({ ana: 'a b c d e', ben: 'a b c d x y' });
    const given = { ...question, stub: 'a b c', solution: 'c d' };
    assert.deepEqual(similarPairs(answers, [given], { n: 2, minWeight: 0.1, minShare: 0.1 }), []);
  });

  it('finds the copy with other names in a class that solves it alike', () => {
    const own = (seed: number) => {
      const random = createRandom(seed);
      const pick = (from: readonly string[]) => from[Math.floor(random.uniform() * from.length)];
      const line = () =>
        `out.${pick(['push', 'concat', 'fill', 'sort'])}(x ${pick(['+', '-', '*', '%'])} ${pick(['y', '(y)', '-y'])});`;
      return Array.from({ length: 10 }, line).join('\n');
    };
    const usual = 'const out = [];\nfor (let i = 0; i < n; i++) out.push(i);\nreturn out;\n';
    const students = Array.from({ length: 20 }, (_, i) => ({
      student: `s${String(i).padStart(2, '0')}`,
      answers: new Map([['q9.2', usual + own(i)]]),
    }));
    const copied = (students[7].answers.get('q9.2') ?? '')
      .replaceAll('out', 'result')
      .replaceAll('x', 'value');
    const copy = { student: 's20', answers: new Map([['q9.2', `// my own\n${copied}\nconsole.log(1);`]]) };
    const code = { id: 'q9.2', manual: false, stub: '', solution: '' };
    const [first] = similarPairs([...students, copy], [code], { minWeight: 5 });
    assert.deepEqual(first.students, ['s07', 's20']);
    assert.equal(first.share, 1);
  });

  it('is silent about a class that wrote one and the same', () => {
    const text = 'const mean = xs.reduce((a, b) => a + b, 0) / xs.length; return xs.map((x) => x - mean);';
    const code = { ...question, manual: false };
    const same = class_(Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`s${i}`, text])));
    assert.deepEqual(similarPairs(same, [code]), []);
  });
});
