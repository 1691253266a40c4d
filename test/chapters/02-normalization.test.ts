import assert from 'node:assert/strict';
import { assertClose } from '../../lib/grading/assertions';
import { hidden, question } from '../../lib/grading/questions';

question<{ scale: (pixels: Uint8Array) => Float32Array }>(
  'q2.1',
  (answers) => {
    it('brings 0, 51 and 255 to 0, 0.2 and 1', () => {
      assertClose(answers().scale(Uint8Array.of(0, 51, 255)), [0, 0.2, 1], { tolerance: 1e-6 });
    });
    hidden(() => {
      it('keeps the image as it was', () => {
        const pixels = Uint8Array.of(7, 200);
        answers().scale(pixels);
        assert.deepEqual([...pixels], [7, 200]);
      });
    });
  },
  {
    wrongAnswers: [
      {
        name: 'stays in bytes',
        code: `function scale(pixels: Uint8Array) { return pixels.map((value) => value / 255); }`,
        fails: 'brings 0, 51 and 255 to 0, 0.2 and 1',
      },
      {
        name: 'divides by 256',
        code: `function scale(pixels: Uint8Array) { return Float32Array.from(pixels, (value) => value / 256); }`,
        fails: 'brings 0, 51 and 255 to 0, 0.2 and 1',
      },
    ],
  },
);

question<{ channelStatistics: (pixels: Uint8Array, channels: number) => { mean: number[]; std: number[] } }>(
  'q2.2',
  (answers) => {
    // Two pixels of three channels: red 0 and 255, green 51 twice, blue 102 and 204.
    const pixels = Uint8Array.of(0, 51, 102, 255, 51, 204);
    it('computes the mean of each channel', () => {
      assertClose(answers().channelStatistics(pixels, 3).mean, [0.5, 0.2, 0.6], { tolerance: 1e-6 });
    });
    it('computes the standard deviation of each channel', () => {
      assertClose(answers().channelStatistics(pixels, 3).std, [0.5, 0, 0.2], { tolerance: 1e-6 });
    });
    hidden(() => {
      it('works for grey images', () => {
        const { mean, std } = answers().channelStatistics(Uint8Array.of(0, 0, 255, 255), 1);
        assertClose([...mean, ...std], [0.5, 0.5], { tolerance: 1e-6 });
      });
      it('stays exact for bright pixels that hardly vary', () => {
        const bright = Uint8Array.from({ length: 30000 }, (_, i) => 254 + (i % 2));
        assertClose(answers().channelStatistics(bright, 1).std, [0.5 / 255], { tolerance: 1e-6 });
      });
    });
  },
  {
    wrongAnswers: [
      {
        name: 'one mean for all channels',
        code: `function channelStatistics(pixels: Uint8Array, channels: number) {
          const values = [...pixels].map((value) => value / 255);
          const mean = values.reduce((a, b) => a + b) / values.length;
          const std = Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length);
          return { mean: Array(channels).fill(mean), std: Array(channels).fill(std) };
        }`,
        fails: 'computes the mean of each channel',
      },
      {
        name: 'divides the variance by n - 1',
        code: `function channelStatistics(pixels: Uint8Array, channels: number) {
          const parts = Array.from({ length: channels }, (_, c) => [...pixels].filter((_, i) => i % channels === c).map((v) => v / 255));
          const mean = parts.map((part) => part.reduce((a, b) => a + b) / part.length);
          const std = parts.map((part, c) => Math.sqrt(part.reduce((a, b) => a + (b - mean[c]) ** 2, 0) / (part.length - 1)));
          return { mean, std };
        }`,
        fails: 'computes the standard deviation of each channel',
      },
      {
        name: 'reads the pixels as planar',
        code: `function channelStatistics(pixels: Uint8Array, channels: number) {
          const size = pixels.length / channels;
          const parts = Array.from({ length: channels }, (_, c) => [...pixels.slice(c * size, (c + 1) * size)].map((v) => v / 255));
          const mean = parts.map((part) => part.reduce((a, b) => a + b) / part.length);
          const std = parts.map((part, c) => Math.sqrt(part.reduce((a, b) => a + (b - mean[c]) ** 2, 0) / part.length));
          return { mean, std };
        }`,
        fails: 'computes the mean of each channel',
      },
    ],
  },
);

question<{ standardize: (pixels: Uint8Array, mean: number[], std: number[]) => Float32Array }>(
  'q2.3',
  (answers) => {
    it('subtracts the mean and divides by the standard deviation', () => {
      assertClose(answers().standardize(Uint8Array.of(0, 51, 255), [0.2], [0.4]), [-0.5, 0, 2], {
        tolerance: 1e-6,
      });
    });
    it('uses the numbers of each channel', () => {
      const pixels = Uint8Array.of(255, 0, 0, 255); // two pixels of two channels
      assertClose(answers().standardize(pixels, [0, 1], [1, 0.5]), [1, -2, 0, 0], { tolerance: 1e-6 });
    });
    hidden(() => {
      it('gives 0 for a channel that never varies', () => {
        assertClose(answers().standardize(Uint8Array.of(51, 51), [0.2], [0]), [0, 0], { tolerance: 0 });
      });
    });
  },
  {
    wrongAnswers: [
      {
        name: 'no normalization at all',
        code: `function standardize(pixels: Uint8Array) { return Float32Array.from(pixels); }`,
        fails: 'subtracts the mean and divides by the standard deviation',
      },
      {
        name: 'forgets to divide by 255',
        code: `function standardize(pixels: Uint8Array, mean: number[], std: number[]) {
          return Float32Array.from(pixels, (v, i) => (v - mean[i % mean.length]) / std[i % mean.length]);
        }`,
        fails: 'subtracts the mean and divides by the standard deviation',
      },
      {
        name: 'uses the first channel for all',
        code: `function standardize(pixels: Uint8Array, mean: number[], std: number[]) {
          return Float32Array.from(pixels, (v) => (std[0] === 0 ? 0 : (v / 255 - mean[0]) / std[0]));
        }`,
        fails: 'uses the numbers of each channel',
      },
      {
        name: 'divides by zero',
        code: `function standardize(pixels: Uint8Array, mean: number[], std: number[]) {
          return Float32Array.from(pixels, (v, i) => (v / 255 - mean[i % mean.length]) / std[i % mean.length]);
        }`,
        fails: 'gives 0 for a channel that never varies',
      },
    ],
  },
);

question<{ standardizeBoth: (train: number[], test: number[]) => { train: number[]; test: number[] } }>(
  'q2.4',
  (answers) => {
    it('standardizes the training numbers', () => {
      assertClose(answers().standardizeBoth([2, 4], [3]).train, [-1, 1], { tolerance: 1e-9 });
    });
    it('gives the same training result whatever the test numbers are', () => {
      const { standardizeBoth } = answers();
      assertClose(standardizeBoth([2, 4], [100, 200]).train, standardizeBoth([2, 4], [3]).train, {
        tolerance: 1e-9,
      });
    });
    hidden(() => {
      it('measures the test numbers with the scale of the training numbers', () => {
        assertClose(answers().standardizeBoth([2, 4], [3, 5, 7]).test, [0, 2, 4], { tolerance: 1e-9 });
      });
    });
  },
  {
    wrongAnswers: [
      {
        name: 'fits on train and test together (a leak)',
        code: `function standardizeBoth(train: number[], test: number[]) {
          const all = [...train, ...test];
          const mean = all.reduce((a, b) => a + b) / all.length;
          const std = Math.sqrt(all.reduce((a, b) => a + (b - mean) ** 2, 0) / all.length);
          return { train: train.map((x) => (x - mean) / std), test: test.map((x) => (x - mean) / std) };
        }`,
        fails: 'gives the same training result whatever the test numbers are',
      },
      {
        name: 'fits each part on itself',
        code: `function standardizeBoth(train: number[], test: number[]) {
          const fit = (part: number[]) => {
            const mean = part.reduce((a, b) => a + b) / part.length;
            const std = Math.sqrt(part.reduce((a, b) => a + (b - mean) ** 2, 0) / part.length);
            return part.map((x) => (x - mean) / std);
          };
          return { train: fit(train), test: fit(test) };
        }`,
        fails: 'measures the test numbers with the scale of the training numbers',
      },
    ],
  },
);
