import assert from 'node:assert/strict';
import { formatCsvLine, parseCsv, unguarded } from '../../../lib/grading/class/csv';

describe('CSV', () => {
  const table = (text: string) => {
    const { header, rows } = parseCsv(text, { file: 'x.csv' });
    return rows.map(({ line, cells }) => [line, ...header.map((name) => cells.get(name))]);
  };

  it('reads what spreadsheets write: marks, semicolons, quotes, line ends inside of cells', () => {
    assert.deepEqual(table('\ufeffId;Comment\r\nana;"a ""b""; c\r\nd"\r\n\r\nben;\r\n'), [
      [2, 'ana', 'a "b"; c\r\nd'],
      [5, 'ben', ''],
    ]);
    assert.deepEqual(table('id\tscore\nana\t1,5\n'), [[2, 'ana', '1,5']]);
  });

  it('keeps a name such as __proto__ a name', () => {
    assert.deepEqual(table('__proto__,constructor\na,b\n'), [[2, 'a', 'b']]);
  });

  it('names the line that has too many cells, or a quote without an end', () => {
    assert.throws(
      () => table('id,score\nana,1\nben,1,5\n'),
      /^CourseError: x\.csv: line 3: expected 2 cells, got 3/,
    );
    assert.throws(() => table('id\nana\n"ben\n'), /^CourseError: x\.csv: line 3: a quoted cell has no end/);
  });

  it('lets no text become a formula', () => {
    const hostile = ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '\n=1', "'=1", '＝1'];
    assert.equal(formatCsvLine(['=1+1', -1, '-1', 'a-b']), "'=1+1,-1,'-1,a-b");
    for (const text of hostile) {
      const [[, cell]] = table(`id\n${formatCsvLine([text])}\n`);
      assert.match(cell as string, /^'/);
      assert.equal(unguarded(cell as string), text);
    }
  });

  it('quotes what would end a cell or a line, in any spreadsheet', () => {
    const cells = ['a,b', 'a;b', 'say "a"', 'a\nb', ' a ', 'plain'];
    const line = formatCsvLine(cells);
    assert.equal(line, '"a,b","a;b","say ""a""","a\nb"," a ",plain');
    assert.deepEqual(table(`a,b,c,d,e,f\n${line}\n`), [[2, ...cells]]);
  });
});
