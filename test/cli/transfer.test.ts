import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useBackend } from '../../lib/backend';
import { scaleOnly } from '../../lib/data';
import { saveClassifier } from '../../lib/interchange';
import { courseRoot } from '../../lib/paths';
import { summarizeTransfer } from '../../lib/transfer';
import { toyNetwork, writePictures } from '../transfer/toys';

describe('course transfer', function () {
  this.timeout(180_000); // each test starts several processes

  let folder: string;
  let base: string;
  let shapes: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'course-transfer-'));
    [base, shapes] = [join(folder, 'toy'), join(folder, 'shapes')];
    await useBackend({ backend: 'cpu' });
    const model = toyNetwork();
    const classNames = ['a', 'b', 'c', 'd'];
    await saveClassifier({ model, normalization: scaleOnly(3), classNames, training: {} }, base);
    model.dispose();
    await writePictures(shapes);
  });
  after(() => rmSync(folder, { recursive: true }));

  /** With a data folder of its own. */
  function transfer(...args: string[]): { status: number | null; stdout: string; stderr: string } {
    const bin = join(courseRoot(), 'lib', 'bin.js');
    const env = { ...process.env, COURSE_DATA: join(folder, 'data'), COURSE_MOBILENET: '' };
    return spawnSync(process.execPath, [bin, 'transfer', ...args], { encoding: 'utf8', env });
  }

  /** One sentence on standard error, no stack trace, exit code 1. */
  function refuses(args: string[], message: RegExp): void {
    const { status, stdout, stderr } = transfer(...args);
    assert.match(stderr, message);
    assert.match(stderr, /^course: [^\n]*\n$/);
    assert.equal(status, 1);
    assert.equal(stdout, '');
  }

  it('says for each way to train what it is worth on few pictures, and keeps it', () => {
    const args = ['--base', base, '--dataset', shapes, '--per-class', '2', '--seeds', '1'];
    const { status, stdout, stderr } = transfer(...args);
    assert.equal(status, 0, stderr);
    const number = /(\d+\.\d) s$/;
    const lines = stdout.trimEnd().split('\n');
    for (const [i, method] of ['frozen', 'fine-tuned', 'from scratch'].entries()) {
      assert.match(
        lines[i],
        new RegExp(`^ +2 a class, seed 1 +${method} +test \\d+\\.\\d\\d %, ${number.source}`),
      );
      assert.match(lines[i + 4], new RegExp(`^ +2 a class +${method} +.* n = 1\\) +${number.source}`));
    }
    assert.equal(lines[3], 'test accuracy, mean and range over the seeds; toy on shapes');
    assert.match(lines[7], /^features of 14 test images: \d+\.\d s, computed once$/);
    const file = join(folder, 'data', 'runs', 'transfer-toy-shapes', 'transfer.json');
    assert.equal(lines[8], `written to ${file}`);
    const kept = JSON.parse(readFileSync(file, 'utf8'));
    assert.deepEqual(
      summarizeTransfer(kept).map(({ method, perClass, n }) => [method, perClass, n]),
      [
        ['frozen', 2, 1],
        ['fine-tuned', 2, 1],
        ['from scratch', 2, 1],
      ],
    );
    const again = transfer(...args, '--json');
    assert.deepEqual(JSON.parse(again.stdout).runs, kept.runs); // the seconds, too: nothing was done again
    assert.ok(!existsSync(join(courseRoot(), 'data', 'transfer', 'toy-shapes.json')));
  });

  it('refuses a base that is none', () => {
    refuses(['--base', join(folder, 'none'), '--dataset', shapes], /none.*there is no model here/);
    refuses(
      ['--weights', join(folder, 'none'), '--dataset', shapes],
      /none.*: there is no such file; expected a folder with the weights of MobileNet V1/,
    );
  });

  it('refuses pictures that are none, not in classes, or too few', () => {
    const on = (dataset: string, ...more: string[]) => ['--base', base, '--dataset', dataset, ...more];
    refuses(on('cifar100'), /cifar100: expected cifar10, fashion-mnist, or a folder of pictures/);
    const empty = join(folder, 'empty');
    mkdirSync(empty);
    refuses(on(empty), /empty: expected a folder of pictures for each class/);
    refuses(on(shapes, '--per-class', '40'), /shapes: expected 40 training images of each class, got \d/);
  });

  it('refuses sizes that are no numbers', () => {
    const { status, stderr } = transfer('--per-class', '10,many');
    assert.notEqual(status, 0);
    assert.match(stderr, /expected whole numbers above 0, such as 10,50,100/);
  });
});
