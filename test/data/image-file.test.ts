import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { countPixels, decodeImage, ImageError, readImage } from '../../lib/data';
import { courseRoot } from '../../lib/paths';
import { inFolder } from './download/tools';

const size = { height: 4, width: 4 };

/** A picture with a red left half and a blue right half. */
function redAndBlue({ width = 40, height = 20, channels = 3 as 3 | 4 } = {}) {
  const pixels = Buffer.alloc(width * height * channels, 255);
  for (let i = 0; i < width * height; i++) {
    const left = i % width < width / 2;
    pixels.set(left ? [255, 0, 0] : [0, 0, 255], i * channels);
  }
  return sharp(pixels, { raw: { width, height, channels } });
}

/** A PNG header that claims an image of this size, over a few bytes of content. */
function pngClaiming(width: number, height: number): Buffer {
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const ends = Buffer.alloc(8);
    ends.writeUInt32BE(data.length, 0);
    ends.writeUInt32BE(crc32(body), 4);
    return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)]);
  };
  const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 0]);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
  const content = chunk('IDAT', deflateSync(Buffer.alloc(1000)));
  return Buffer.concat([signature, chunk('IHDR', header), content, chunk('IEND', Buffer.alloc(0))]);
}

describe('readImage', () => {
  for (const format of ['png', 'webp', 'jpeg'] as const) {
    it(`decodes and resizes ${format}`, () =>
      inFolder(async (folder) => {
        const file = join(folder, `picture.${format}`);
        await redAndBlue().toFormat(format, { quality: 100 }).toFile(file);
        const image = await readImage(file, size);
        assert.deepEqual(
          { ...image, pixels: 48 },
          { pixels: 48, count: 1, height: 4, width: 4, channels: 3 },
        );
        assert.equal(image.pixels.length, 48);
        const [r, g, b] = image.pixels;
        assert.ok(r > 245 && g < 12 && b < 12, `left: ${r} ${g} ${b}`);
        const [r2, g2, b2] = image.pixels.subarray(9);
        assert.ok(r2 < 12 && g2 < 12 && b2 > 245, `right: ${r2} ${g2} ${b2}`);
      }));
  }

  it('makes grey of colour and colour of grey', () =>
    inFolder(async (folder) => {
      const file = join(folder, 'x.png');
      await sharp({ create: { ...size, channels: 3, background: '#646464' } })
        .png()
        .toFile(file);
      assert.deepEqual(
        [...(await readImage(file, { ...size, channels: 1 })).pixels],
        new Array(16).fill(100),
      );
      await sharp(file).toColourspace('b-w').toFile(join(folder, 'grey.png'));
      assert.equal((await sharp(join(folder, 'grey.png')).metadata()).channels, 1);
      assert.deepEqual(
        [...(await readImage(join(folder, 'grey.png'), size)).pixels],
        new Array(48).fill(100),
      );
    }));

  it('crops instead of stretching where asked', () =>
    inFolder(async (folder) => {
      const file = join(folder, 'x.png');
      const black = { create: { width: 8, height: 8, channels: 3, background: 'black' } } as const;
      // Black in the middle third, white at both sides.
      await sharp({ create: { width: 24, height: 8, channels: 3, background: 'white' } })
        .composite([{ input: black, left: 8, top: 0 }])
        .png()
        .toFile(file);
      assert.ok((await readImage(file, { ...size, fit: 'crop' })).pixels.every((byte) => byte < 60));
      assert.ok((await readImage(file, size)).pixels[0] > 200);
    }));

  it('makes transparent parts white and turns the picture as its EXIF data say', () =>
    inFolder(async (folder) => {
      const clear = { width: 4, height: 4, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } } as const;
      await sharp({ create: clear }).png().toFile(join(folder, 'clear.png'));
      assert.deepEqual(
        [...(await readImage(join(folder, 'clear.png'), size)).pixels],
        new Array(48).fill(255),
      );
      const turned = join(folder, 'turned.png');
      await redAndBlue({ width: 40, height: 40 }).withMetadata({ orientation: 6 }).png().toFile(turned);
      const { pixels } = await readImage(turned, size); // a quarter turn clockwise: red is on top
      assert.ok(pixels[0] > 245 && pixels[9] > 245 && pixels[36 + 2] > 245, [...pixels].join());
    }));

  const refuses = (file: string, message: RegExp) =>
    assert.rejects(readImage(file, size), (error: Error) => {
      assert.equal(error.name, 'CourseError');
      assert.match(error.message, message);
      assert.ok(error.message.startsWith(`${file}: `) && !error.message.includes('\n'), error.message);
      return true;
    });

  it('refuses a picture that claims to be larger than the memory', () =>
    inFolder(async (folder) => {
      const file = join(folder, 'bomb.png');
      writeFileSync(file, pngClaiming(60_000, 60_000));
      await refuses(file, /exceeds pixel limit/);
    }));

  it('refuses a picture that is cut short', () =>
    inFolder(async (folder) => {
      const file = join(folder, 'short.jpg');
      const whole = await redAndBlue({ width: 400, height: 400 }).jpeg().toBuffer();
      writeFileSync(file, whole.subarray(0, whole.length - 300));
      await refuses(file, /this picture cannot be read/);
    }));

  it('refuses what is no JPEG, PNG or WebP, whatever its name', () =>
    inFolder(async (folder) => {
      const svg = join(folder, 'drawing.png');
      writeFileSync(svg, '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
      await refuses(svg, /expected a JPEG, PNG or WebP picture/);
      const text = join(folder, 'text.jpg');
      writeFileSync(text, 'hello');
      await refuses(text, /expected a JPEG/);
      await refuses(join(folder, 'missing.png'), /there is no such file/);
      await refuses(folder, /EISDIR/);
    }));

  it('refuses a picture that is damaged inside', () =>
    inFolder(async (folder) => {
      const file = join(folder, 'damaged.png');
      await redAndBlue({ width: 200, height: 200 }).png().toFile(file);
      const bytes = readFileSync(file);
      writeFileSync(file, bytes.fill(0x5a, 60, 120));
      await refuses(file, /this picture cannot be read/);
    }));
});

describe('decodeImage', () => {
  it('gives the same pixels for the bytes of a file as for the file', () =>
    inFolder(async (folder) => {
      const file = join(folder, 'x.jpg');
      await redAndBlue({ width: 61, height: 47 }).jpeg().toFile(file);
      assert.deepEqual(await decodeImage(readFileSync(file), size), await readImage(file, size));
    }));

  it('says whether the format, the size or the content is at fault', async () => {
    const problemOf = (bytes: Uint8Array, maxPixels?: number) =>
      decodeImage(bytes, { ...size, maxPixels }).then(
        () => 'none',
        (error: unknown) => (error instanceof ImageError ? error.problem : String(error)),
      );
    const picture = await redAndBlue({ width: 40, height: 20 }).jpeg().toBuffer();
    assert.equal(await problemOf(picture), 'none');
    assert.equal(await problemOf(picture, 800), 'none');
    assert.equal(await problemOf(picture, 799), 'size');
    assert.equal(await problemOf(pngClaiming(60_000, 60_000)), 'size');
    assert.equal(await problemOf(picture.subarray(0, picture.length >> 1)), 'damage');
    assert.equal(await problemOf(Buffer.from('GIF89a')), 'format');
    assert.equal(await problemOf(new Uint8Array(0)), 'format');
  });

  // In a process of its own: the memory of this one goes up and down with other tests.
  it('keeps nothing of a picture once it is decoded', async () => {
    const script = `(async () => {
      const { decodeImage } = require('./lib/data');
      const sharp = require('sharp');
      const create = { width: 4000, height: 4000, channels: 3, background: 'teal' };
      const picture = sharp({ create }).jpeg({ progressive: true, chromaSubsampling: '4:4:4' });
      const large = await picture.toBuffer();
      const decode = () => decodeImage(large, { height: 4, width: 4 });
      await Promise.all([decode(), decode(), decode(), decode()]); // so that each thread has its memory
      const before = process.memoryUsage.rss();
      for (let i = 0; i < 12; i++) await decode();
      console.log((process.memoryUsage.rss() - before) / 2 ** 20);
    })()`;
    const args = ['-r', 'ts-node/register', '-e', script];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: courseRoot() });
    assert.ok(Number(stdout) < 200, `${stdout} MB`); // 30 as a rule, 370 with libvips' cache
  });
});

describe('countPixels', () => {
  it('reads what a picture claims to be, and says what is none', async () => {
    assert.equal(await countPixels(await redAndBlue({ width: 61, height: 47 }).webp().toBuffer()), 61 * 47);
    assert.equal(await countPixels(pngClaiming(60_000, 50_000)), 3e9);
    await assert.rejects(countPixels(Buffer.from('GIF89a')), { name: 'ImageError', problem: 'format' });
    await assert.rejects(countPixels(Buffer.from([0xff, 0xd8, 0xff, 0xe0])), { problem: 'damage' });
  });
});
