import assert from 'node:assert/strict';
import sharp from 'sharp';
import { encodePng, imageGridFigure } from '../../lib/figures';

const solid = (r: number, g: number, b: number) => ({
  pixels: Uint8Array.from([r, g, b, r, g, b, r, g, b, r, g, b]),
  height: 2,
  width: 2,
  channels: 3,
});

/** The composed image inside a grid figure, as RGB bytes. */
async function composed(figure: ReturnType<typeof imageGridFigure>) {
  const source = figure.layout.images?.[0].source ?? '';
  const { data, info } = await sharp(Buffer.from(source.split(',')[1], 'base64'))
    .raw()
    .toBuffer({ resolveWithObject: true });
  const at = (x: number, y: number) =>
    Array.from(data.subarray((y * info.width + x) * 3, (y * info.width + x) * 3 + 3));
  return { ...info, at };
}

describe('imageGridFigure', () => {
  it('draws each image in its cell, every pixel enlarged', async () => {
    const images = [solid(255, 0, 0), solid(0, 255, 0), solid(0, 0, 255)];
    const { width, height, at } = await composed(imageGridFigure(images, { columns: 2, scale: 10 }));
    // frame 3 + cell 20 + gap 7 + cell 20 + frame 3
    assert.deepEqual([width, height], [53, 53]);
    assert.deepEqual(at(3, 3), [255, 0, 0]);
    assert.deepEqual(at(22, 22), [255, 0, 0]);
    assert.deepEqual(at(23, 22), [255, 255, 255]);
    assert.deepEqual(at(40, 13), [0, 255, 0]);
    assert.deepEqual(at(13, 40), [0, 0, 255]);
    assert.deepEqual(at(40, 40), [255, 255, 255]);
  });

  it('keeps the pixels of an image apart, row by row', async () => {
    const grey = { pixels: Uint8Array.from([10, 20, 30, 40]), height: 2, width: 2, channels: 1 };
    const { at } = await composed(imageGridFigure([grey], { scale: 4 }));
    assert.deepEqual([at(3, 3)[0], at(10, 3)[0], at(3, 10)[0], at(10, 10)[0]], [10, 20, 30, 40]);
  });

  it('frames what is marked', async () => {
    const { at } = await composed(imageGridFigure([{ ...solid(0, 0, 0), framed: true }], { scale: 10 }));
    assert.deepEqual(at(1, 13), [0xc0, 0x40, 0x00]);
    assert.deepEqual(at(13, 13), [0, 0, 0]);
  });

  it('writes titles as text, not as markup', () => {
    const { layout } = imageGridFigure([{ ...solid(0, 0, 0), title: '<b>A & B\ntrue' }], { title: '<i>' });
    assert.equal(layout.annotations?.[0].text, '&lt;b&gt;A &amp; B<br>true');
    assert.equal((layout.title as { text: string }).text, '&lt;i&gt;');
  });

  it('leaves plot space of exactly the image, so that its pixels stay whole', () => {
    const { layout } = imageGridFigure([solid(0, 0, 0)], {
      scale: 10,
      title: 'a title far wider than the image',
    });
    const { l = 0, r = 0, t = 0, b = 0 } = layout.margin ?? {};
    assert.equal((layout.width ?? 0) - l - r, 26);
    assert.equal((layout.height ?? 0) - t - b, 26);
  });

  it('fits a cell of JupyterLab with eight images of CIFAR-10 in a row, three times as large', () => {
    const image = { pixels: new Uint8Array(3072), height: 32, width: 32, channels: 3 };
    const { layout } = imageGridFigure(new Array(16).fill(image), { columns: 8 });
    assert.equal(layout.width, 839); // 2 x 8 + 2 x 3 + 8 x 96 + 7 x 7
  });

  it('refuses bytes that do not fit the size', () => {
    assert.throws(() => imageGridFigure([{ ...solid(0, 0, 0), width: 3 }]), /expected 18 bytes, got 12/);
    assert.throws(() => imageGridFigure([], { columns: 0 }), /columns: expected a whole number above 0/);
  });
});

describe('encodePng', () => {
  it('writes what sharp reads back', async () => {
    const pixels = Uint8Array.from({ length: 5 * 3 * 3 }, (_, i) => (i * 37) % 256);
    const { data, info } = await sharp(encodePng(pixels, { width: 5, height: 3 }))
      .raw()
      .toBuffer({ resolveWithObject: true });
    assert.deepEqual([info.width, info.height, info.channels], [5, 3, 3]);
    assert.deepEqual(new Uint8Array(data), pixels);
  });
});
