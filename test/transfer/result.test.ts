import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  readTransfer,
  recordedTransfer,
  summarizeTransfer,
  type TransferMethod,
  type TransferRun,
  transferMethods,
} from '../../lib/transfer';
import { inFolder } from '../data/download/tools';
import { assertClose } from '../models/checks';

const run = (
  method: TransferMethod,
  perClass: number,
  testAccuracy: number,
  seconds: number,
): TransferRun => {
  return { method, perClass, seed: 1, testAccuracy, seconds };
};

describe('summarizeTransfer', () => {
  const summary = summarizeTransfer({
    runs: [
      run('from scratch', 100, 0.5, 1),
      run('frozen', 20, 0.6, 5),
      run('frozen', 20, 0.75, 9),
      run('frozen', 20, 0.69, 1),
      run('frozen', 100, 0.8, 2),
      run('frozen', 100, 0.7, 4),
    ],
  });

  it('has a row for each size and method that was tried, in their order', () => {
    assert.deepEqual(
      summary.map(({ perClass, method, n }) => [perClass, method, n]),
      [
        [20, 'frozen', 3],
        [100, 'frozen', 2],
        [100, 'from scratch', 1],
      ],
    );
  });

  it('has mean, lowest and highest accuracy, and the median of the seconds', () => {
    assertClose(
      summary.flatMap(({ mean, lowest, highest, seconds }) => [mean, lowest, highest, seconds]),
      [0.68, 0.6, 0.75, 5, 0.75, 0.7, 0.8, 3, 0.5, 0.5, 0.5, 1],
      1e-12,
    );
  });
});

describe('readTransfer', () => {
  for (const [base, dataset] of [
    ['mobilenet', 'cifar10'],
    ['regularized-cifar10', 'fashion-mnist'],
  ]) {
    it(`reads what was recorded with ${base} on ${dataset}: each size and method with three seeds`, async () => {
      const result = await readTransfer(recordedTransfer(`${base}-${dataset}`));
      assert.deepEqual([result.base, result.dataset], [base, dataset]);
      assert.deepEqual(
        summarizeTransfer(result).map(({ perClass, method, n }) => `${perClass} ${method} ${n}`),
        [10, 50, 100].flatMap((size) => transferMethods.map((method) => `${size} ${method} 3`)),
      );
      assert.match(result.command, /^npx course transfer/);
      assert.doesNotMatch(JSON.stringify(result), /"[^"]*(\.\.|\/(work|home|tmp|Users))\//);
    });
  }

  it('refuses a file that is not there, or is something else', () =>
    inFolder(async (folder) => {
      const file = join(folder, 'transfer.json');
      await assert.rejects(readTransfer(file), {
        name: 'CourseError',
        message: `${file}: there is no transfer experiment; make one with: npx course transfer`,
      });
      for (const text of ['{"format": "course-ablation 1"}', 'null', '{"format": "course-']) {
        writeFileSync(file, text);
        await assert.rejects(readTransfer(file), {
          name: 'CourseError',
          message: /expected a transfer experiment \(course-transfer 1\), got something else$/,
        });
      }
    }));
});
