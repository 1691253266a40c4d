import assert from 'node:assert/strict';
import { hidden, question } from '../../lib/grading/questions';

/** Planes that count up, so that every byte of the record differs from its neighbours: byte i is i modulo 251. */
const record = Uint8Array.from({ length: 3073 }, (_, i) => i % 251);
record[0] = 6;

question<{ decodeRecord: (record: Uint8Array) => { label: number; pixels: Uint8Array } }>(
  'q1.1',
  (answers) => {
    it('reads the label from the first byte', () => {
      assert.equal(answers().decodeRecord(record).label, 6);
    });
    it('puts red, green and blue of the first pixel side by side', () => {
      const { pixels } = answers().decodeRecord(record);
      assert.deepEqual([...pixels.subarray(0, 3)], [1, 1025 % 251, 2049 % 251]);
    });
    it('gives 3072 values, the last of them the last blue', () => {
      const { pixels } = answers().decodeRecord(record);
      assert.equal(pixels.length, 3072);
      assert.equal(pixels[3071], 3072 % 251);
    });
    hidden(() => {
      it('puts every value in its place', () => {
        const { pixels } = answers().decodeRecord(record);
        for (let y = 0; y < 32; y++) {
          for (let x = 0; x < 32; x++) {
            for (let c = 0; c < 3; c++) {
              const expected = (1 + c * 1024 + y * 32 + x) % 251;
              assert.equal(pixels[(y * 32 + x) * 3 + c], expected, `row ${y}, column ${x}, channel ${c}`);
            }
          }
        }
      });
      it('refuses a record of another length', () => {
        assert.throws(() => answers().decodeRecord(new Uint8Array(3072)), RangeError);
        assert.throws(() => answers().decodeRecord(new Uint8Array(3074)), RangeError);
      });
    });
  },
  {
    wrongAnswers: [
      {
        name: 'leaves the planes as they are',
        code: `function decodeRecord(record: Uint8Array) {
          if (record.length !== 3073) throw new RangeError();
          return { label: record[0], pixels: record.slice(1) };
        }`,
        fails: 'puts red, green and blue of the first pixel side by side',
      },
      {
        name: 'mixes up rows and columns',
        code: `function decodeRecord(record: Uint8Array) {
          if (record.length !== 3073) throw new RangeError();
          const pixels = new Uint8Array(3072);
          for (let y = 0; y < 32; y++) for (let x = 0; x < 32; x++) for (let c = 0; c < 3; c++)
            pixels[(x * 32 + y) * 3 + c] = record[1 + c * 1024 + y * 32 + x];
          return { label: record[0], pixels };
        }`,
        fails: 'puts every value in its place',
      },
      {
        name: 'forgets the label byte when reading pixels',
        code: `function decodeRecord(record: Uint8Array) {
          if (record.length !== 3073) throw new RangeError();
          const pixels = new Uint8Array(3072);
          for (let i = 0; i < 1024; i++) for (let c = 0; c < 3; c++) pixels[i * 3 + c] = record[c * 1024 + i];
          return { label: record[0], pixels };
        }`,
        fails: 'gives 3072 values, the last of them the last blue',
      },
      {
        name: 'takes any number of bytes',
        code: `function decodeRecord(record: Uint8Array) {
          const pixels = new Uint8Array(3072);
          for (let i = 0; i < 1024; i++) for (let c = 0; c < 3; c++) pixels[i * 3 + c] = record[1 + c * 1024 + i];
          return { label: record[0], pixels };
        }`,
        fails: 'refuses a record of another length',
      },
    ],
  },
);

question<{ countLabels: (labels: Uint8Array, numClasses: number) => number[] }>(
  'q1.2',
  (answers) => {
    it('counts each class', () => {
      assert.deepEqual(answers().countLabels(Uint8Array.of(0, 2, 2, 1, 2), 3), [1, 1, 3]);
    });
    hidden(() => {
      it('gives 0 for a class without images', () => {
        assert.deepEqual(answers().countLabels(Uint8Array.of(3, 1), 5), [0, 1, 0, 1, 0]);
        assert.deepEqual(answers().countLabels(new Uint8Array(0), 2), [0, 0]);
      });
    });
  },
  {
    wrongAnswers: [
      {
        name: 'knows only the classes that occur',
        code: `function countLabels(labels: Uint8Array, numClasses: number): number[] {
          const counts: number[] = [];
          for (const label of labels) counts[label] = (counts[label] ?? 0) + 1;
          return counts;
        }`,
        fails: 'gives 0 for a class without images',
      },
    ],
  },
);

question<{
  splitIndices: (labels: Uint8Array, perClass: number) => { train: number[]; validation: number[] };
}>(
  'q1.3',
  (answers) => {
    const labels = Uint8Array.of(0, 0, 1, 0, 1, 1, 0);
    it('takes the first images of each class for validation', () => {
      assert.deepEqual(answers().splitIndices(labels, 2).validation, [0, 1, 2, 4]);
    });
    it('leaves the others for training', () => {
      assert.deepEqual(answers().splitIndices(labels, 2).train, [3, 5, 6]);
    });
    hidden(() => {
      it('puts no image into both parts and none into neither', () => {
        const many = Uint8Array.from({ length: 500 }, (_, i) => (i * i) % 7);
        const { train, validation } = answers().splitIndices(many, 9);
        const all = [...train, ...validation].sort((a, b) => a - b);
        assert.deepEqual(all, [...Array(500).keys()]);
      });
      it('takes all of a class that has too few', () => {
        assert.deepEqual(answers().splitIndices(Uint8Array.of(1, 0, 0), 2), {
          train: [],
          validation: [0, 1, 2],
        });
      });
    });
  },
  {
    wrongAnswers: [
      {
        name: 'takes the first images of all, not of each class',
        code: `function splitIndices(labels: Uint8Array, perClass: number) {
          const all = [...labels.keys()];
          return { train: all.slice(2 * perClass), validation: all.slice(0, 2 * perClass) };
        }`,
        fails: 'takes the first images of each class for validation',
      },
      {
        name: 'trains on the validation images too (a leak)',
        code: `function splitIndices(labels: Uint8Array, perClass: number) {
          const taken: Record<number, number> = {};
          const validation = [...labels.keys()].filter((i) => {
            taken[labels[i]] = (taken[labels[i]] ?? 0) + 1;
            return taken[labels[i]] <= perClass;
          });
          return { train: [...labels.keys()], validation };
        }`,
        fails: 'puts no image into both parts and none into neither',
      },
    ],
  },
);

question<{ idxDimensions: (bytes: Uint8Array) => number[] }>(
  'q1.4',
  (answers) => {
    it('reads three dimensions', () => {
      const header = Uint8Array.of(0, 0, 8, 3, 0, 0, 39, 16, 0, 0, 0, 28, 0, 0, 0, 28, 255, 255);
      assert.deepEqual(answers().idxDimensions(header), [10000, 28, 28]);
    });
    it('reads one dimension, most significant byte first', () => {
      assert.deepEqual(answers().idxDimensions(Uint8Array.of(0, 0, 8, 1, 1, 2, 3, 4, 9)), [0x01020304]);
    });
    hidden(() => {
      it('reads a header that lies in the middle of a larger buffer', () => {
        const larger = Uint8Array.of(9, 9, 9, 0, 0, 8, 1, 0, 0, 0, 5);
        assert.deepEqual(answers().idxDimensions(larger.subarray(3)), [5]);
      });
      it('refuses another format', () => {
        assert.throws(
          () => answers().idxDimensions(Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0, 0, 0, 0)),
          RangeError,
        );
        assert.throws(() => answers().idxDimensions(Uint8Array.of(0, 0, 13, 1, 0, 0, 0, 5)), RangeError);
      });
    });
  },
  {
    wrongAnswers: [
      {
        name: 'reads little-endian',
        code: `function idxDimensions(bytes: Uint8Array): number[] {
          if (bytes[0] !== 0 || bytes[1] !== 0 || bytes[2] !== 8) throw new RangeError();
          const view = new DataView(bytes.buffer, bytes.byteOffset);
          return Array.from({ length: bytes[3] }, (_, i) => view.getUint32(4 + 4 * i, true));
        }`,
        fails: 'reads one dimension, most significant byte first',
      },
      {
        name: 'forgets where its bytes start in the buffer',
        code: `function idxDimensions(bytes: Uint8Array): number[] {
          if (bytes[0] !== 0 || bytes[1] !== 0 || bytes[2] !== 8) throw new RangeError();
          const view = new DataView(bytes.buffer);
          return Array.from({ length: bytes[3] }, (_, i) => view.getUint32(4 + 4 * i));
        }`,
        fails: 'reads a header that lies in the middle of a larger buffer',
      },
      {
        name: 'believes every header',
        code: `function idxDimensions(bytes: Uint8Array): number[] {
          const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
          return Array.from({ length: Math.min(bytes[3], 1) }, (_, i) => view.getUint32(4 + 4 * i));
        }`,
        fails: 'refuses another format',
      },
    ],
  },
);
