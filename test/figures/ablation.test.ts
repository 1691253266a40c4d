import assert from 'node:assert/strict';
import { ablationFigure, ablationRows, renderPng } from '../../lib/figures';
import { assertClose } from '../../lib/grading/assertions';
import type { AblationVariant } from '../../lib/runs';

const run = (seed: number, accuracy: number, validationAccuracy: number) => {
  return { seed, accuracy, validationAccuracy, validationLoss: 1, seconds: 2 };
};

const variants: AblationVariant[] = [
  { name: 'plain', added: 'a network', runs: [run(1, 0.9, 0.5), run(2, 0.98, 0.56)] },
  { name: '+ augmentation', added: 'flips', runs: [run(1, 0.7, 0.625), run(2, 0.7, 0.615)] },
  { name: '+ batch normalization', added: 'norms', runs: [run(1, 0.75, 0.7), run(2, 0.77, 0.72)] },
];

describe('ablationFigure', () => {
  const { data, layout } = ablationFigure({ variants }, { title: 'parts' });
  const named = (name: string) => data.find((trace) => trace.name === name);

  it('draws the mean over the seeds, training and validation', () => {
    assertClose(named('train, mean')?.y as number[], [0.94, 0.7, 0.76]);
    assertClose(named('validation, mean')?.y as number[], [0.53, 0.62, 0.71]);
  });

  it('draws every seed as a point of its own beside it', () => {
    assert.deepEqual(named('train, single seeds')?.y, [0.9, 0.98, 0.7, 0.7, 0.75, 0.77]);
    const points = named('validation, single seeds');
    assert.deepEqual(points?.y, [0.5, 0.56, 0.625, 0.615, 0.7, 0.72]);
    assert.equal(points?.mode, 'markers');
    assert.equal((points?.text as readonly string[] | undefined)?.[3], '+ augmentation, seed 2');
  });

  it('names the variants in their order, long names in two lines', () => {
    assert.deepEqual(layout.xaxis?.tickvals, [0, 1, 2]);
    assert.deepEqual(layout.xaxis?.ticktext, ['plain', '+ augmentation', '+ batch<br>normalization']);
  });

  it('takes names for text, not for HTML', () => {
    const { layout } = ablationFigure({ variants: [{ name: 'a<b', added: '', runs: [run(1, 0.5, 0.5)] }] });
    assert.deepEqual(layout.xaxis?.ticktext, ['a&lt;b']);
  });

  it('keeps each point at its variant, apart from the other kind', () => {
    for (const { x } of data) {
      const places = new Set((x as number[]).map((value) => Math.round(value)));
      assert.deepEqual([...places], [0, 1, 2]);
    }
    assert.notDeepEqual(named('train, mean')?.x, named('validation, mean')?.x);
  });

  it('can be drawn', async () => {
    assert.ok((await renderPng(ablationFigure({ variants }))).length > 10_000);
  });
});

describe('ablationRows', () => {
  const rows = ablationRows({ variants });

  it('has mean and range of the validation accuracy, in percent', () => {
    assert.deepEqual(
      rows.map(({ variant, n }) => [variant, n]),
      [
        ['plain', 2],
        ['+ augmentation', 2],
        ['+ batch normalization', 2],
      ],
    );
    assertClose(
      rows.map((row) => row['validation, mean']),
      [53, 62, 71],
    );
    assertClose(
      rows.flatMap(({ lowest, highest }) => [lowest, highest]),
      [50, 56, 61.5, 62.5, 70, 72],
    );
  });

  it('has what each part added, and how far training lies above validation', () => {
    assert.ok(Number.isNaN(rows[0].gain));
    assertClose(
      rows.slice(1).map(({ gain }) => gain),
      [9, 9],
    );
    assertClose(
      rows.map((row) => row['training, mean']),
      [94, 70, 76],
    );
    assertClose(
      rows.map(({ gap }) => gap),
      [41, 8, 5],
    );
  });
});
