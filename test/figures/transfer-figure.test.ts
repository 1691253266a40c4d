import assert from 'node:assert/strict';
import { renderPng, transferFigure, transferRows } from '../../lib/figures';
import { assertClose } from '../../lib/grading/assertions';
import type { TransferMethod, TransferRun } from '../../lib/transfer';

const run = (method: TransferMethod, perClass: number, seed: number, testAccuracy: number): TransferRun => {
  return { method, perClass, seed, testAccuracy, seconds: 10 * seed };
};

const runs = [
  run('frozen', 10, 1, 0.5),
  run('from scratch', 10, 1, 0.3),
  run('frozen', 10, 2, 0.6),
  run('from scratch', 10, 2, 0.36),
  run('frozen', 100, 1, 0.7),
  run('from scratch', 100, 1, 0.5),
  run('frozen', 100, 2, 0.72),
  run('from scratch', 100, 2, 0.5),
];

describe('transferFigure', () => {
  const { data, layout } = transferFigure({ runs });
  const named = (name: string) => data.find((trace) => trace.name === name);

  it('draws a line through the mean over the seeds for each way to train that was tried', () => {
    assert.deepEqual(
      data.filter(({ mode }) => mode === 'lines+markers').map(({ name }) => name),
      ['frozen', 'from scratch'],
    );
    assert.deepEqual(named('frozen')?.x, [10, 100]);
    assertClose(named('frozen')?.y as number[], [0.55, 0.71]);
    assertClose(named('from scratch')?.y as number[], [0.33, 0.5]);
  });

  it('draws every seed as a point of its own beside its size', () => {
    const points = named('from scratch, single seeds');
    assert.deepEqual(points?.y, [0.3, 0.36, 0.5, 0.5]);
    assert.equal((points?.text as readonly string[] | undefined)?.[1], '10 of each class, seed 2');
    for (const { x } of data) {
      const sizes = new Set((x as number[]).map((place) => 10 ** Math.round(Math.log10(place))));
      assert.deepEqual([...sizes], [10, 100]);
    }
    assert.notDeepEqual(points?.x, named('frozen, single seeds')?.x);
  });

  it('has the sizes on a logarithmic axis that holds all points', () => {
    assert.equal(layout.xaxis?.type, 'log');
    assert.deepEqual(layout.xaxis?.tickvals, [10, 100]);
    const [low, high] = (layout.xaxis?.range ?? []) as number[];
    const places = data.flatMap(({ x }) => x as number[]).map(Math.log10);
    assert.ok(low < Math.min(...places) && Math.max(...places) < high);
  });

  it('can be drawn', async () => {
    assert.ok((await renderPng(transferFigure({ runs }))).length > 10_000);
  });
});

describe('transferRows', () => {
  it('has mean, range and median seconds by size and method, accuracies in percent', () => {
    const rows = transferRows({ runs });
    assert.deepEqual(
      rows.map((row) => [row['images of each class'], row.method, row.seconds, row.n]),
      [
        [10, 'frozen', 15, 2],
        [10, 'from scratch', 15, 2],
        [100, 'frozen', 15, 2],
        [100, 'from scratch', 15, 2],
      ],
    );
    assertClose(
      rows.map((row) => row['test accuracy, mean']),
      [55, 33, 71, 50],
    );
    assertClose(
      rows.flatMap(({ lowest, highest }) => [lowest, highest]),
      [50, 60, 30, 36, 70, 72, 50, 50],
    );
  });
});
