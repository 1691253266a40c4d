import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { imageAt, readImageFolder } from '../../lib/data';
import { inFolder } from './download/tools';

const size = { height: 2, width: 2 };

async function picture(path: string, level: number): Promise<void> {
  const background = { r: level, g: level, b: level };
  await sharp({ create: { width: 6, height: 5, channels: 3, background } })
    .png()
    .toFile(path);
}

/** cat/1.png, cat/2.PNG and bear/x.png, and things that are no pictures. */
async function animals(folder: string): Promise<void> {
  mkdirSync(join(folder, 'cat'));
  mkdirSync(join(folder, 'bear'));
  mkdirSync(join(folder, '.hidden'));
  await picture(join(folder, 'cat', '2.PNG'), 20);
  await picture(join(folder, 'cat', '1.png'), 10);
  await picture(join(folder, 'bear', 'x.png'), 30);
  writeFileSync(join(folder, 'notes.txt'), 'about the pictures');
  writeFileSync(join(folder, 'cat', 'Thumbs.db'), 'x');
  writeFileSync(join(folder, 'cat', '.0.png'), 'x');
  symlinkSync('/etc/hostname', join(folder, 'cat', '0.png'));
}

describe('readImageFolder', () => {
  it('takes the classes from the folders, in the order of their names', () =>
    inFolder(async (folder) => {
      await animals(folder);
      const done: number[] = [];
      const dataset = await readImageFolder(folder, {
        ...size,
        name: 'animals',
        onProgress: (report) => done.push(report.done),
      });
      assert.equal(dataset.name, 'animals');
      assert.deepEqual(dataset.classNames, ['bear', 'cat']);
      assert.deepEqual([...dataset.labels], [0, 1, 1]);
      assert.deepEqual(
        [0, 1, 2].map((i) => imageAt(dataset, i)[0]),
        [30, 10, 20],
      );
      assert.deepEqual([dataset.count, dataset.pixels.length], [3, 3 * 12]);
      assert.deepEqual(done, [1, 2, 3]);
    }));

  it('names the file it cannot read', () =>
    inFolder(async (folder) => {
      await animals(folder);
      writeFileSync(join(folder, 'cat', '3.jpg'), 'no picture');
      await assert.rejects(readImageFolder(folder, size), {
        name: 'CourseError',
        message: `${join(folder, 'cat', '3.jpg')}: expected a JPEG, PNG or WebP picture`,
      });
    }));

  it('names a class without pictures, and a folder without classes', () =>
    inFolder(async (folder) => {
      await assert.rejects(readImageFolder(folder, size), /expected a folder of pictures for each class/);
      mkdirSync(join(folder, 'emu'));
      await assert.rejects(
        readImageFolder(folder, size),
        /emu: expected pictures \(jpg, png or webp\), found none/,
      );
      await assert.rejects(
        readImageFolder(join(folder, 'gone'), size),
        /gone: this folder cannot be read \(ENOENT\)/,
      );
    }));
});
