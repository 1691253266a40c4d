import assert from 'node:assert/strict';
import { rotate, rotateBatch, zoom, zoomBatch } from '../../../lib/data';
import { createRandom } from '../../../lib/random';
import { grey, pattern, rowsOf } from '../images';

const image = grey([
  [
    [1, 2, 3],
    [4, 5, 6],
    [7, 8, 9],
  ],
]);

describe('rotateBatch', () => {
  it('turns counterclockwise, exactly for quarter turns', () => {
    const quarter = [
      [3, 6, 9],
      [2, 5, 8],
      [1, 4, 7],
    ];
    assert.deepEqual(rowsOf(rotateBatch(image, { degrees: 90 }))[0], quarter);
    assert.deepEqual(rowsOf(rotateBatch(image, { degrees: -270 }))[0], quarter);
    assert.deepEqual(rowsOf(rotateBatch(image, { degrees: 180 }))[0], [
      [9, 8, 7],
      [6, 5, 4],
      [3, 2, 1],
    ]);
  });

  it('gives the batch back for 0 and after four quarter turns, also where the size is even', () => {
    const batch = pattern({ height: 6, width: 6 });
    assert.deepEqual(rotateBatch(batch, { degrees: 0 }), batch);
    let turned = batch;
    for (let i = 0; i < 4; i++) turned = rotateBatch(turned, { degrees: 90 });
    assert.deepEqual(turned, batch);
    assert.notDeepEqual(rotateBatch(batch, { degrees: 90 }), batch);
  });

  it('mixes the four neighbours by nearness', () => {
    // The middle of the top row comes from 0.707 to the right of the centre and 0.707 above it: of its four
    // neighbours the one at the top right has weight 0.707 * 0.707.
    const dot = grey([
      [
        [0, 0, 100],
        [0, 0, 0],
        [0, 0, 0],
      ],
    ]);
    const [row] = rowsOf(rotateBatch(dot, { degrees: 45 }))[0];
    assert.equal(row[1], 50);
  });

  it('fills the corners with the mirrored image, or with black', () => {
    const white = grey([Array.from({ length: 8 }, () => new Array<number>(8).fill(200))]);
    assert.ok(rotateBatch(white, { degrees: 45 }).pixels.every((byte) => byte === 200));
    assert.equal(rotateBatch(white, { degrees: 45, border: 'zero' }).pixels[0], 0);
  });
});

describe('zoomBatch', () => {
  it('gives the batch back for 1', () => {
    const batch = pattern({ height: 5, width: 6 });
    assert.deepEqual(zoomBatch(batch, { factor: 1 }), batch);
  });

  it('shows the middle larger', () => {
    // Row 0 of the result lies at -1 / 2 from the centre: halfway between the rows 0 and 1 of the image.
    assert.deepEqual(rowsOf(zoomBatch(image, { factor: 2 }))[0], [
      [3, 4, 4],
      [5, 5, 6],
      [6, 7, 7],
    ]);
  });

  it('shows the image smaller, with the border around it', () => {
    const white = grey([Array.from({ length: 8 }, () => new Array<number>(8).fill(200))]);
    const small = rowsOf(zoomBatch(white, { factor: 0.5, border: 'zero' }))[0];
    assert.deepEqual(small[0], new Array(8).fill(0));
    assert.deepEqual(small[3].slice(2, 6), [200, 200, 200, 200]);
    assert.ok(zoomBatch(white, { factor: 0.5 }).pixels.every((byte) => byte === 200));
  });
});

describe('rotate and zoom', () => {
  it('keep the batch when their limit is 0', () => {
    const batch = pattern();
    assert.deepEqual(rotate({ maxDegrees: 0 })(batch, createRandom(1)), batch);
    assert.deepEqual(zoom({ range: 0 })(batch, createRandom(1)), batch);
  });

  it('stay within their limit, in both directions', () => {
    // A dot 15 pixels above the centre of 33 x 33: a turn moves it sideways, zooming up or down.
    const count = 200;
    const pixels = new Uint8Array(count * 33 * 33);
    for (let n = 0; n < count; n++) pixels[n * 1089 + 33 + 16] = 255;
    const batch = { pixels, count, height: 33, width: 33, channels: 1 };
    const brightest = (result: Uint8Array) =>
      Array.from({ length: count }, (_, n) => {
        const one = result.subarray(n * 1089, (n + 1) * 1089);
        return one.indexOf(Math.max(...one));
      });
    const turned = brightest(rotate({ maxDegrees: 20, border: 'zero' })(batch, createRandom(1)).pixels);
    const columns = turned.map((at) => (at % 33) - 16); // 15 * sin(20 degrees) = 5.1
    assert.deepEqual([Math.min(...columns), Math.max(...columns)], [-5, 5]);
    const zoomed = brightest(zoom({ range: 0.2, border: 'zero' })(batch, createRandom(1)).pixels);
    const rows = zoomed.map((at) => 16 - Math.floor(at / 33)); // 15 * 0.8 = 12; 15 * 1.2 = 18 lies outside
    assert.equal(Math.min(...rows), 12);
  });

  it('refuse limits that make no sense', () => {
    assert.throws(() => rotate({ maxDegrees: -5 }), /maxDegrees: expected a number of 0 or more/);
    assert.throws(() => zoom({ range: 1 }), /range: expected a number of 0 to 0\.9, got 1/);
  });
});
