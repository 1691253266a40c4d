import assert from 'node:assert/strict';
import { imagesFromJson } from '../../lib/serving/json-images';
import { PixelBudget } from '../../lib/serving/pixel-budget';
import { scanInstances } from '../../lib/serving/scan-instances';

const demands = { inputShape: [2, 1, 3], maxImages: 3, maxPixels: 1, decoding: new PixelBudget(1) } as const;
const image = [[[0, 7, 10]], [[99, 100, 255]]];
const scan = (text: string) => scanInstances(Buffer.from(text), demands);

describe('scanInstances', () => {
  it('reads what parsing gives, for one image and several', async () => {
    for (const instances of [[image], [image, [[[1, 2, 3]], [[4, 5, 6]]], image]]) {
      const parsed = await imagesFromJson(instances, demands, 'instances');
      assert.deepEqual(scan(JSON.stringify({ instances })), parsed);
      assert.deepEqual(scan(JSON.stringify({ instances }, null, '\r\n\t ')), parsed);
    }
  });

  const text = JSON.stringify({ instances: [image] });
  const others: Readonly<Record<string, string>> = {
    nothing: '',
    'another key': '{"inputs":[[[[0,7,10]],[[99,100,255]]]]}',
    'a second key': text.replace(/}$/, ',"signature_name":""}'),
    'a key with a space in it': text.replace('inst', 'inst '),
    'no image': '{"instances":[]}',
    'more images than a request may have': JSON.stringify({ instances: [image, image, image, image] }),
    'a fraction': text.replace('99', '99.0'),
    'an exponent': text.replace('99', '9e1'),
    'a number below 0': text.replace('99', '-9'),
    'a number above 255': text.replace('255', '256'),
    'a number that wraps': text.replace('255', '4294967297'),
    'a zero in front': text.replace('99', '09'),
    'two zeros': text.replace('[0', '[00'),
    'a number too few': text.replace(',10', ''),
    'a number too many': text.replace(',10', ',10,11'),
    'a row too few': '{"instances":[[[[0,7,10]]]]}',
    'lists that are too flat': '{"instances":[[0,7,10]]}',
    'a comma too many': text.replace('10]', '10,]'),
    'a space in a number': text.replace('99', '9 9'),
    'a file': '{"instances":[{"b64":"AAAA"}]}',
    'a name': JSON.stringify({ instances: [{ image }] }),
    'text behind it': `${text}x`,
    'a byte order mark': `\ufeff${text}`,
    'a space that is none in JSON': text.replace(':', ':\u00a0'),
    'a zero byte': text.replace(':', ':\0'),
  };
  for (const [name, other] of Object.entries(others)) {
    it(`leaves ${name} to the parser`, () => assert.equal(scan(other), undefined));
  }

  it('leaves whatever is cut short to the parser', () => {
    for (let length = 0; length < text.length; length++)
      assert.equal(scan(text.slice(0, length)), undefined, `${length}`);
  });

  it('reads nothing that is no JSON, or other than JSON is read', async () => {
    let read = 0;
    for (let at = 0; at < text.length; at++) {
      for (const character of '[]{},:"0159 \t-.e\\x') {
        for (const changed of [
          text.slice(0, at) + character + text.slice(at + 1),
          text.slice(0, at) + character + text.slice(at),
        ]) {
          const scanned = scan(changed);
          if (!scanned) continue;
          read++;
          const { instances } = JSON.parse(changed);
          assert.deepEqual(scanned, await imagesFromJson(instances, demands, 'instances'), changed);
        }
      }
    }
    assert.ok(read > 100, `${read}`);
  });
});
