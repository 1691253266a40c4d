import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useBackend } from '../../lib/backend';
import { scaleOnly } from '../../lib/data';
import { cifar10ClassNames } from '../../lib/data/catalogue';
import { saveClassifier } from '../../lib/interchange';
import { buildBaseline } from '../../lib/models';
import { courseRoot } from '../../lib/paths';

const pretrained = join(courseRoot(), 'data', 'pretrained');
const baseline = join(pretrained, 'baseline-cifar10');

function evaluate(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const bin = join(courseRoot(), 'lib', 'bin.js');
  return spawnSync(process.execPath, [bin, 'evaluate', ...args], { encoding: 'utf8' });
}

/** One sentence on standard error, no stack trace, exit code 1. */
function refuses(args: string[], message: RegExp): void {
  const { status, stdout, stderr } = evaluate(...args);
  assert.match(stderr, message);
  assert.match(stderr, /^course: [^\n]*\n$/);
  assert.equal(status, 1);
  assert.equal(stdout, '');
}

describe('course evaluate', () => {
  let folder: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'course-evaluate-'));
    await useBackend({ backend: 'cpu' });
  });
  after(() => rmSync(folder, { recursive: true }));

  /** A network that has learned nothing, saved as `name`. */
  async function saved(
    name: string,
    { numClasses = 10, classNames = cifar10ClassNames as readonly string[] },
  ) {
    const model = buildBaseline({ inputShape: [32, 32, 3], numClasses });
    const place = join(folder, name);
    await saveClassifier({ model, normalization: scaleOnly(3), classNames, training: {} }, place);
    model.dispose();
    return place;
  }

  it('prints accuracy and loss, its interval, and the classification report', () => {
    const { status, stdout, stderr } = evaluate(baseline);
    assert.equal(status, 0, stderr);
    const lines = stdout.split('\n');
    assert.match(lines[0], /^accuracy 7[56]\.\d\d %, loss 0\.\d{4}, on 10000 test images of cifar10$/);
    assert.match(lines[1], /^95 % interval .* top-5 accuracy 9\d\.\d\d %; expected calibration error/);
    assert.match(stdout, /\n +precision +recall +f1-score +support\n\n +airplane +0\.\d\d/);
    assert.match(stdout, /\nweighted avg +0\.7\d +0\.7\d +0\.7\d +10000\n/);
  });

  it('compares two models, and writes a report that tells it all', async () => {
    const report = join(folder, 'new', 'report.html');
    const other = await saved('other', {});
    const { status, stdout, stderr } = evaluate(baseline, '--compare', other, '--robustness', '20', '--report', report, '--json'); // biome-ignore format: short
    assert.equal(status, 0, stderr);
    const result = JSON.parse(stdout);
    assert.equal(result.split, 'test');
    assert.equal(result.count, 10_000);
    assert.equal(result.classes.length, 10);
    assert.ok(
      result.accuracyInterval.low < result.accuracy && result.accuracy < result.accuracyInterval.high,
    );
    assert.equal(result.comparison.name, 'other');
    assert.ok(result.comparison.mcnemar.pValue < 1e-6);
    assert.equal(result.recalibration.fittedOn, 5000);
    assert.equal(result.robustness.clean.count, 20);
    const html = readFileSync(report, 'utf8');
    assert.match(html, /<title>baseline-cifar10 on cifar10<\/title>/);
    assert.match(html, /baseline-cifar10 is better than other by more than chance/);
    assert.match(html, /npx course evaluate .*baseline-cifar10 --compare/);
    assert.deepEqual(readdirSync(join(folder, 'new')), ['report.html']);
  });

  it('refuses a model of other images or other classes', async () => {
    refuses(
      [baseline, '--dataset', 'fashion-mnist'],
      /expects images of 32 x 32 x 3, fashion-mnist has 28 x 28 x 1/,
    );
    const three = await saved('three', { numClasses: 3, classNames: ['a', 'b', 'c'] });
    refuses([three], /three: the model tells 3 classes apart, cifar10 has 10; choose another --dataset/);
    const swapped = await saved('swapped', { classNames: [...cifar10ClassNames].reverse() });
    refuses(
      [baseline, '--compare', swapped],
      /swapped: class 0 of the model is truck, that of cifar10 is airplane/,
    );
  });

  it('refuses a model that is cut off, damaged or not there', () => {
    const damaged = join(folder, 'damaged');
    cpSync(join(baseline, 'model'), damaged, { recursive: true });
    const weights = readFileSync(join(damaged, 'weights.bin'));
    writeFileSync(join(damaged, 'weights.bin'), weights.subarray(0, 1000));
    refuses([damaged], /expected \d+ bytes of weights, got 1000/);
    writeFileSync(join(damaged, 'weights.bin'), weights.fill(0xff)); // every number is NaN
    const report = join(folder, 'never.html');
    refuses(
      [damaged, '--report', report],
      /damaged: the model gives what is no number; its weights are damaged/,
    );
    assert.ok(!existsSync(report));
    const text = readFileSync(join(damaged, 'model.json'), 'utf8');
    writeFileSync(join(damaged, 'model.json'), text.slice(0, 500));
    refuses([damaged], /model\.json: not a model/);
    refuses([baseline, '--compare', join(folder, 'none')], /none.*there is no model here/);
  });

  it('says before it computes where a report cannot be written', () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    refuses([baseline, '--report', join(file, 'report.html')], /report\.html: cannot be written/);
  });
});
