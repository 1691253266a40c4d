import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { saveClassifier } from '../../lib/interchange';
import { buildBaseline } from '../../lib/models';
import { courseRoot } from '../../lib/paths';

/** Runs `npx course` as a user would, in a process of its own. */
function course(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(courseRoot(), 'lib', 'bin.js'), ...args],
    {
      encoding: 'utf8',
      env: { ...process.env, ...env },
    },
  );
  return { status, stdout, stderr };
}

describe('npx course', () => {
  let folder: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'course-'));
    await saveClassifier(
      {
        model: buildBaseline({ inputShape: [32, 32, 3], numClasses: 2 }),
        normalization: { kind: 'scale', mean: [0, 0, 0], std: [1, 1, 1] },
        classNames: ['cat', 'dog'],
        training: {},
      },
      join(folder, 'model'),
    );
  });

  after(() => rmSync(folder, { recursive: true }));

  /** A user's mistake: exit code not 0, and one sentence without a stack trace. */
  function refuses(args: readonly string[], sentence: RegExp, env?: Readonly<Record<string, string>>): void {
    const { status, stdout, stderr } = course(args, env);
    assert.notEqual(status, 0, stdout);
    assert.match(stderr, sentence);
    assert.doesNotMatch(stderr, /^\s+at /m, 'a stack trace');
  }

  it('lists every command and explains each', () => {
    const { status, stdout } = course(['--help']);
    assert.equal(status, 0);
    for (const name of ['doctor', 'data', 'train', 'evaluate', 'predict', 'notebooks']) {
      assert.match(stdout, new RegExp(`^  ${name}`, 'm'));
      const help = course([name, '--help']);
      assert.equal(help.status, 0);
      assert.match(help.stdout, /--json/, `${name} --help`);
    }
  });

  it('names the known models when asked for another', () => {
    refuses(['train', '--model', 'alexnet'], /unknown model alexnet; expected one of: baseline/);
  });

  it('names the known datasets when asked for another', () => {
    refuses(['train', '--dataset', 'imagenet'], /imagenet.*cifar10.*fashion-mnist/);
    refuses(['data', 'imagenet'], /imagenet.*cifar10.*fashion-mnist/);
  });

  it('names the known backends when asked for another', () => {
    refuses(['predict', 'x.png', '--model', join(folder, 'model')], /native, webgpu, wasm, cpu, got abacus/, {
      COURSE_BACKEND: 'abacus',
    });
  });

  it('refuses numbers that make no sense', () => {
    refuses(['train', '--epochs', '0'], /expected a whole number above 0/);
    refuses(['train', '--learning-rate', '-1'], /expected a number above 0/);
  });

  it('says where it looked for a model and how to get one', () => {
    refuses(
      ['evaluate', join(folder, 'nothing')],
      /nothing\/model\.json: there is no model here; train one with/,
    );
  });

  it('refuses a picture that is missing or not one', () => {
    const model = ['--model', join(folder, 'model')];
    const text = join(folder, 'notes.png');
    writeFileSync(text, 'this is not a picture');
    refuses(['predict', text, ...model], /notes\.png/);
    refuses(['predict', join(folder, 'missing.jpg'), ...model], /missing\.jpg/);
  });

  it('refuses a dataset whose images do not fit the model', () => {
    refuses(['evaluate', join(folder, 'model'), '--dataset', 'fashion-mnist'], /32 x 32 x 3.*28 x 28 x 1/);
  });

  it('names the classes of a picture', async () => {
    const { default: sharp } = await import('sharp');
    const picture = join(folder, 'red.png');
    await sharp({ create: { width: 60, height: 40, channels: 3, background: 'red' } })
      .png()
      .toFile(picture);
    const { status, stdout, stderr } = course([
      'predict',
      picture,
      '--model',
      join(folder, 'model'),
      '--json',
    ]);
    assert.equal(status, 0, stderr);
    const ranked = JSON.parse(stdout) as { className: string; probability: number }[];
    assert.deepEqual(ranked.map(({ className }) => className).sort(), ['cat', 'dog']);
    assert.ok(Math.abs(ranked[0].probability + ranked[1].probability - 1) < 1e-5);
    assert.ok(ranked[0].probability >= ranked[1].probability);
  });
});
