import assert from 'node:assert/strict';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useBackend } from '../../lib/backend';
import {
  type Classifier,
  type ExportFormatName,
  exportClassifier,
  exportFormats,
  extensionOf,
  importClassifier,
  loadingLine,
} from '../../lib/interchange';
import { noise, otherClassifiers, ourProbabilities } from './toy-classifiers';

describe('exportClassifier and importClassifier', function () {
  this.timeout(60_000);
  let folder: string;
  let classifier: Classifier;
  const fileOf = (format: ExportFormatName) => join(folder, `${format}-export${extensionOf(format)}`);

  before(async () => {
    await useBackend();
    folder = mkdtempSync(join(tmpdir(), 'formats-'));
    classifier = { ...otherClassifiers().flat, training: { seed: 7 } };
    for (const format of exportFormats) await exportClassifier(classifier, fileOf(format), { to: format });
  });

  after(() => rmSync(folder, { recursive: true }));

  it('know six formats, four of them both ways', async () => {
    assert.deepEqual(exportFormats, ['tfjs', 'savedmodel', 'keras', 'h5', 'onnx', 'safetensors']);
    const expected = await ourProbabilities(classifier, noise(classifier));
    for (const format of ['tfjs', 'keras', 'h5', 'safetensors'] as const) {
      const { model, normalization, ...facts } = await importClassifier(fileOf(format));
      const got = await ourProbabilities({ model, normalization, ...facts }, noise(classifier));
      assert.ok(
        got.every((value, i) => Math.abs(value - expected[i]) < 1e-6),
        format,
      );
      assert.deepEqual(facts, { classNames: classifier.classNames, training: { seed: 7 } }, format);
    }
  });

  it('tell what a file is from its content, not its name', async () => {
    for (const format of ['keras', 'h5', 'safetensors'] as const) {
      const disguised = join(folder, 'model.bin');
      copyFileSync(fileOf(format), disguised);
      assert.deepEqual((await importClassifier(disguised)).classNames, classifier.classNames, format);
    }
    const description = join(fileOf('tfjs'), 'model.json');
    assert.deepEqual((await importClassifier(description)).classNames, classifier.classNames);
  });

  it('refuse in one sentence what cannot be read', async () => {
    const empty = join(folder, 'empty');
    writeFileSync(empty, '');
    await assert.rejects(importClassifier(join(folder, 'none')), /none: there is no such file or folder/);
    await assert.rejects(
      importClassifier(empty),
      /empty: not a model that can be read here; those are \.keras, /,
    );
    await assert.rejects(importClassifier(fileOf('onnx')), /not a model that can be read here/);
    await assert.rejects(
      importClassifier(fileOf('savedmodel')),
      /a SavedModel is written here, but not read/,
    );
  });

  it('take names and normalization for a folder, too, and check them', async () => {
    const classNames = ['a', 'b', 'c', 'd', 'e'];
    const told = await importClassifier(fileOf('tfjs'), { classNames });
    assert.deepEqual(told.classNames, classNames);
    await assert.rejects(
      importClassifier(fileOf('tfjs'), { classNames: ['a'] }),
      /expected 5 class names, .* got 1/,
    );
  });

  it('replace an older export, but no folder with anything else in it', async () => {
    const target = join(folder, 'target');
    await exportClassifier(classifier, target, { to: 'tfjs' });
    await exportClassifier(classifier, target, { to: 'tfjs' });
    assert.deepEqual(readdirSync(target), ['model.json', 'weights.bin']);
    const precious = join(folder, 'precious');
    mkdirSync(precious);
    writeFileSync(join(precious, 'thesis.txt'), 'years of work');
    for (const to of ['tfjs', 'savedmodel'] as const)
      await assert.rejects(
        exportClassifier(classifier, precious, { to }),
        /precious: there is something else/,
      );
    await assert.rejects(
      exportClassifier(classifier, join(precious, 'thesis.txt'), { to: 'tfjs' }),
      /something else/,
    );
    assert.ok(existsSync(join(precious, 'thesis.txt')));
  });

  it('have a line that loads each, with the path quoted', () => {
    for (const format of exportFormats) assert.match(loadingLine(format, 'a "b"'), /"a \\"b\\""/);
  });
});
