import assert from 'node:assert/strict';
import type { Augmentation, ImageBatch } from '../../lib/data';
import { hidden, question } from '../../lib/grading/questions';
import { createRandom, type Random } from '../../lib/random';

/**
 * 2 rows of 3 pixels with 2 channels; the value tells the place: row * 100 + column * 10 + channel. Each reading gives
 * fresh bytes, for a wrong answer may write into them.
 */
const small = {
  height: 2,
  width: 3,
  channels: 2,
  get pixels() {
    return Uint8Array.of(0, 1, 10, 11, 20, 21, 100, 101, 110, 111, 120, 121);
  },
};
type Image = typeof small;

question<{ flipHorizontal: (pixels: Uint8Array, width: number, channels: number) => Uint8Array }>(
  'q3.1',
  (answers) => {
    it('mirrors each row', () => {
      assert.deepEqual(
        [...answers().flipHorizontal(Uint8Array.of(1, 2, 3, 4, 5, 6), 3, 1)],
        [3, 2, 1, 6, 5, 4],
      );
    });
    it('keeps the channels of a pixel in their order', () => {
      const flipped = answers().flipHorizontal(small.pixels, 3, 2);
      assert.deepEqual([...flipped], [20, 21, 10, 11, 0, 1, 120, 121, 110, 111, 100, 101]);
    });
    it('gives the image back when done twice', () => {
      const { flipHorizontal } = answers();
      const noise = Uint8Array.from({ length: 32 * 32 * 3 }, (_, i) => (i * 31) % 253);
      assert.notDeepEqual(flipHorizontal(noise, 32, 3), noise);
      assert.deepEqual(flipHorizontal(flipHorizontal(noise, 32, 3), 32, 3), noise);
    });
    hidden(() => {
      it('keeps the image it was given', () => {
        const given = small.pixels.slice();
        const flipped = answers().flipHorizontal(given, 3, 2);
        assert.deepEqual(given, small.pixels);
        assert.notEqual(flipped, given);
      });
    });
  },
  {
    wrongAnswers: [
      {
        name: 'reverses the channels too',
        code: `function flipHorizontal(pixels: Uint8Array, width: number, channels: number) {
          const flipped = new Uint8Array(pixels.length);
          const row = width * channels;
          for (let i = 0; i < pixels.length; i += row) flipped.set(pixels.slice(i, i + row).reverse(), i);
          return flipped;
        }`,
        fails: 'keeps the channels of a pixel in their order',
      },
      {
        name: 'turns the picture upside down',
        code: `function flipHorizontal(pixels: Uint8Array, width: number, channels: number) {
          const flipped = new Uint8Array(pixels.length);
          const row = width * channels;
          for (let i = 0; i < pixels.length; i += row) flipped.set(pixels.slice(i, i + row), pixels.length - row - i);
          return flipped;
        }`,
        fails: 'mirrors each row',
      },
      {
        name: 'flips in place',
        code: `function flipHorizontal(pixels: Uint8Array, width: number, channels: number) {
          const copy = pixels.slice();
          for (let p = 0; p < pixels.length / channels; p++) {
            const x = p % width;
            for (let c = 0; c < channels; c++) pixels[p * channels + c] = copy[(p - x + width - 1 - x) * channels + c];
          }
          return pixels;
        }`,
        fails: 'keeps the image it was given',
      },
    ],
  },
);

question<{ shiftImage: (image: Image, dx: number, dy: number) => Uint8Array }>(
  'q3.2',
  (answers) => {
    it('moves the picture to the right and lets black in from the left', () => {
      assert.deepEqual(
        [...answers().shiftImage(small, 1, 0)],
        [0, 0, 0, 1, 10, 11, 0, 0, 100, 101, 110, 111],
      );
    });
    it('moves the picture down', () => {
      assert.deepEqual([...answers().shiftImage(small, 0, 1)], [0, 0, 0, 0, 0, 0, 0, 1, 10, 11, 20, 21]);
    });
    it('leaves the picture alone for 0 and 0', () => {
      assert.deepEqual(answers().shiftImage(small, 0, 0), small.pixels);
    });
    hidden(() => {
      it('moves to the left and up for negative numbers', () => {
        assert.deepEqual([...answers().shiftImage(small, -2, 0)], [20, 21, 0, 0, 0, 0, 120, 121, 0, 0, 0, 0]);
        assert.deepEqual(
          [...answers().shiftImage(small, 0, -1)],
          [100, 101, 110, 111, 120, 121, 0, 0, 0, 0, 0, 0],
        );
      });
      it('is all black when moved out of sight', () => {
        assert.deepEqual(answers().shiftImage(small, 3, 0), new Uint8Array(12));
        assert.deepEqual(answers().shiftImage(small, 0, -5), new Uint8Array(12));
      });
      it('keeps the image it was given', () => {
        const pixels = small.pixels.slice();
        assert.notEqual(answers().shiftImage({ ...small, pixels }, 1, 1), pixels);
        assert.deepEqual(pixels, small.pixels);
      });
    });
  },
  {
    wrongAnswers: [
      {
        name: 'lets come in on one side what goes out on the other',
        code: `function shiftImage({ pixels, height, width, channels }: { pixels: Uint8Array; height: number; width: number; channels: number }, dx: number, dy: number) {
          return pixels.map((_, i) => {
            const c = i % channels;
            const x = Math.floor(i / channels) % width;
            const y = Math.floor(i / channels / width);
            const from = (v: number, d: number, n: number) => (((v - d) % n) + n) % n;
            return pixels[(from(y, dy, height) * width + from(x, dx, width)) * channels + c];
          });
        }`,
        fails: 'moves the picture to the right and lets black in from the left',
      },
      {
        name: 'moves the flat bytes, so that rows run into each other',
        code: `function shiftImage({ pixels, width, channels }: { pixels: Uint8Array; width: number; channels: number }, dx: number, dy: number) {
          const by = (dy * width + dx) * channels;
          return pixels.map((_, i) => pixels[i - by] ?? 0);
        }`,
        fails: 'moves the picture to the right and lets black in from the left',
      },
      {
        name: 'moves the other way',
        code: `function shiftImage({ pixels, height, width, channels }: { pixels: Uint8Array; height: number; width: number; channels: number }, dx: number, dy: number) {
          return pixels.map((_, i) => {
            const c = i % channels;
            const x = (Math.floor(i / channels) % width) + dx;
            const y = Math.floor(i / channels / width) + dy;
            return x < 0 || x >= width || y < 0 || y >= height ? 0 : pixels[(y * width + x) * channels + c];
          });
        }`,
        fails: 'moves the picture down',
      },
    ],
  },
);

/** Augmentations whose order can be told: one adds 1 to each value, one doubles, one draws a number. */
const addOne: Augmentation = (batch) => ({ ...batch, pixels: batch.pixels.map((value) => value + 1) });
const double: Augmentation = (batch) => ({ ...batch, pixels: batch.pixels.map((value) => value * 2) });
const draw: Augmentation = (batch, random) => ({
  ...batch,
  pixels: batch.pixels.map(() => random.integer(256)),
});
const batch: ImageBatch = { pixels: Uint8Array.of(3, 5), count: 1, height: 1, width: 2, channels: 1 };

question<{
  composeAll: (augmentations: Augmentation[]) => (batch: ImageBatch, random: Random) => ImageBatch;
}>(
  'q3.3',
  (answers) => {
    it('applies the first one first', () => {
      const result = answers().composeAll([addOne, double])(batch, createRandom(1));
      assert.deepEqual([...result.pixels], [8, 12]);
    });
    it('gives the batch back when there is nothing to apply', () => {
      assert.deepEqual([...answers().composeAll([])(batch, createRandom(1)).pixels], [3, 5]);
    });
    hidden(() => {
      it('lets all of them draw from the one stream', () => {
        const random = createRandom(9);
        draw(batch, random);
        const expected = draw(batch, random);
        assert.deepEqual(answers().composeAll([draw, draw])(batch, createRandom(9)).pixels, expected.pixels);
      });
      it('applies any number of them', () => {
        const result = answers().composeAll([addOne, addOne, double, addOne])(batch, createRandom(1));
        assert.deepEqual([...result.pixels], [11, 15]);
      });
    });
  },
  {
    wrongAnswers: [
      {
        name: 'applies the last one first',
        code: `function composeAll(augmentations: Augmentation[]): Augmentation {
          return (batch, random) => augmentations.reduceRight((result, next) => next(result, random), batch);
        }`,
        fails: 'applies the first one first',
      },
      {
        name: 'applies each to the original',
        code: `function composeAll(augmentations: Augmentation[]): Augmentation {
          return (batch, random) => {
            let result = batch;
            for (const next of augmentations) result = next(batch, random);
            return result;
          };
        }`,
        fails: 'applies the first one first',
      },
      {
        name: 'starts a new stream for each',
        code: `function composeAll(augmentations: Augmentation[]): Augmentation {
          return (batch, random) => augmentations.reduce((result, next) => next(result, random.fork(0)), batch);
        }`,
        fails: 'lets all of them draw from the one stream',
      },
    ],
  },
);

question<{ cutSquare: (image: Image, square: { top: number; left: number; size: number }) => Uint8Array }>(
  'q3.4',
  (answers) => {
    const white = () => ({ height: 4, width: 4, channels: 1, pixels: new Uint8Array(16).fill(255) });
    const cut = (top: number, left: number, size: number) =>
      [...answers().cutSquare(white(), { top, left, size })].map((value) => (value ? 1 : 0)).join('');
    it('blackens a square inside', () => {
      assert.equal(cut(1, 1, 2), '1111100110011111');
    });
    it('blackens every channel', () => {
      const result = answers().cutSquare(small, { top: 1, left: 2, size: 1 });
      assert.deepEqual([...result], [0, 1, 10, 11, 20, 21, 100, 101, 110, 111, 0, 0]);
    });
    hidden(() => {
      it('cuts only what lies inside, at every border', () => {
        assert.equal(cut(-1, -1, 2), '0111111111111111');
        assert.equal(cut(3, 3, 5), '1111111111111110');
        assert.equal(cut(-1, 3, 2), '1110111111111111');
        assert.equal(cut(1, -3, 2), '1111111111111111');
        assert.equal(cut(9, 9, 2), '1111111111111111');
      });
      it('keeps the image it was given', () => {
        const given = white();
        answers().cutSquare(given, { top: 0, left: 0, size: 4 });
        assert.ok(given.pixels.every((value) => value === 255));
      });
    });
  },
  {
    wrongAnswers: [
      {
        name: 'lets the square run on into the next row',
        code: `function cutSquare({ pixels, height, width, channels }: { pixels: Uint8Array; height: number; width: number; channels: number }, { top, left, size }: { top: number; left: number; size: number }) {
          const cut = pixels.slice();
          for (let y = top; y < top + size; y++) for (let x = left; x < left + size; x++)
            for (let c = 0; c < channels; c++) cut[(y * width + x) * channels + c] = 0;
          return cut;
        }`,
        fails: 'cuts only what lies inside, at every border',
      },
      {
        name: 'blackens the first channel only',
        code: `function cutSquare({ pixels, height, width, channels }: { pixels: Uint8Array; height: number; width: number; channels: number }, { top, left, size }: { top: number; left: number; size: number }) {
          const cut = pixels.slice();
          for (let y = Math.max(0, top); y < Math.min(height, top + size); y++)
            for (let x = Math.max(0, left); x < Math.min(width, left + size); x++) cut[(y * width + x) * channels] = 0;
          return cut;
        }`,
        fails: 'blackens every channel',
      },
      {
        name: 'cuts into the original',
        code: `function cutSquare({ pixels, height, width, channels }: { pixels: Uint8Array; height: number; width: number; channels: number }, { top, left, size }: { top: number; left: number; size: number }) {
          for (let y = Math.max(0, top); y < Math.min(height, top + size); y++)
            for (let x = Math.max(0, left); x < Math.min(width, left + size); x++)
              for (let c = 0; c < channels; c++) pixels[(y * width + x) * channels + c] = 0;
          return pixels;
        }`,
        fails: 'keeps the image it was given',
      },
    ],
  },
);
