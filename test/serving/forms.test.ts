import assert from 'node:assert/strict';
import { fileOf, isForm } from '../../lib/serving/forms';

const headers = { 'content-type': 'multipart/form-data; boundary=cut' };

const part = (disposition: string, content: string) =>
  `--cut\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n${content}\r\n`;
const file = (content: string) => part('name="image"; filename="a.png"', content);
const end = '--cut--\r\n';

const read = async (text: string, given = headers) =>
  Buffer.from(await fileOf(Buffer.from(text), given)).toString();

describe('fileOf', () => {
  it('gives the file of a form, beside fields and whatever their names', async () => {
    assert.equal(await read(part('name="top"', '3') + file('picture') + end), 'picture');
    assert.equal(await read(part('name="other"; filename="b.jpg"', 'a\r\nb') + end), 'a\r\nb');
    assert.equal(await read(`preamble\r\n${file('')}${end}epilogue`), '');
  });

  it('refuses a form without a file, with two, with many fields, cut off, or none at all', async () => {
    const refused = (text: string, message: RegExp, given = headers) =>
      assert.rejects(read(text, given), { statusCode: 400, message });
    await refused(part('name="top"', '3') + end, /expected a picture as a file of the form, got none/);
    await refused(file('a') + file('b') + end, /expected one file and at most 10 fields/);
    await refused(
      part('name="x"', '1').repeat(11) + file('a') + end,
      /expected one file and at most 10 fields/,
    );
    await refused(file('a'), /cannot be read: Unexpected end/);
    await refused('no form', /cannot be read/);
    await refused(file('a') + end, /cannot be read: .*[Bb]oundary/, {
      'content-type': 'multipart/form-data',
    });
  });
});

describe('isForm', () => {
  it('looks at the content type alone', () => {
    assert.ok(isForm(headers));
    assert.ok(isForm({ 'content-type': 'Multipart/Form-Data' }));
    assert.ok(!isForm({ 'content-type': 'image/png' }));
    assert.ok(!isForm({}));
  });
});
