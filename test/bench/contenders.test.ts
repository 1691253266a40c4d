import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { useBackend } from '../../lib/backend';
import { planTask } from '../../lib/bench/contenders';
import { networkNames } from '../../lib/bench/networks';
import type { Task, Work } from '../../lib/bench/work';

const options = {
  networks: networkNames,
  threads: 3,
  seed: 1,
  quick: false,
  python: '/venv/python',
  scratch: '/scratch',
};

function worksOf(task: Task, more: Partial<typeof options & { only: string }> = {}): readonly Work[] {
  return planTask(task, { ...options, ...more }).flatMap(({ contenders }) =>
    contenders.map(({ program }) => JSON.parse(program.args[program.args.length - 1])),
  );
}

describe('planTask', () => {
  before(() => useBackend({ backend: 'cpu' }));

  it('gives all contenders of a comparison the same work', () => {
    for (const task of ['train', 'predict', 'evaluate', 'augment', 'load'] as const) {
      for (const { name, contenders } of planTask(task, options)) {
        const works = contenders.map(({ program }) => {
          const { mode, settings, ...work } = JSON.parse(program.args[program.args.length - 1]) as Work;
          assert.equal(settings.mode, mode);
          return work;
        });
        assert.ok(works.length > 3, name);
        for (const work of works) assert.deepEqual(work, works[0], name);
        assert.equal(works[0].threads, 3);
      }
    }
  });

  it('names every contender once and finds its program', () => {
    for (const task of ['train', 'predict', 'evaluate', 'augment', 'load', 'input', 'wasm'] as const) {
      for (const { contenders, peak } of planTask(task, options)) {
        const names = contenders.map(({ name }) => name);
        assert.deepEqual([...new Set(names)], names);
        for (const { program } of [...contenders, ...(peak ? [peak] : [])]) {
          assert.ok(existsSync(program.args[program.args.length - 2]), program.args.join(' '));
          assert.equal(program.env?.OMP_NUM_THREADS, '3');
        }
      }
    }
  });

  it('runs peers with Python and leaves their compiled files in the scratch folder', () => {
    const [{ contenders }] = planTask('train', options);
    for (const { family, program } of contenders) {
      assert.equal(program.command, family === 'peer' ? '/venv/python' : process.execPath);
      assert.match(program.env?.TORCHINDUCTOR_CACHE_DIR ?? '', /^\/scratch/);
    }
  });

  it('compares making batches with having them, without Python', () => {
    for (const { contenders } of planTask('input', options)) {
      assert.deepEqual(
        contenders.map(({ family }) => family),
        ['ours', 'peer'],
      );
      for (const { program } of contenders) assert.equal(program.command, process.execPath);
    }
  });

  it('trains the baseline on batches of 64 and the large network on 256', () => {
    const [small, , large] = planTask('train', options);
    assert.equal(small.batchSize, 64);
    assert.equal(large.batchSize, 256);
    assert.ok(small.flopPerImage && large.flopPerImage && large.flopPerImage > 30 * small.flopPerImage);
  });

  it('compares bfloat16 with bfloat16', () => {
    const plans = planTask('train', options).filter(({ name }) => name.endsWith(', mixed_bfloat16'));
    assert.equal(plans.length, 2);
    for (const { contenders, peak } of plans) {
      for (const { name } of contenders) assert.match(name, /bfloat16/);
      assert.match(peak?.work ?? '', /bfloat16/);
    }
  });

  it('shortens rounds with quick, and takes only the contenders that are named', () => {
    const full = worksOf('train');
    const quick = worksOf('train', { quick: true });
    assert.deepEqual(
      quick.map(({ steps }) => steps),
      full.map(({ steps }) => Math.max(1, steps / 8)),
    );
    assert.deepEqual(
      planTask('train', { ...options, only: 'OURS, eager' })[0].contenders.map(({ name }) => name),
      ['ours, eager', 'ours, eager, kept memory'],
    );
  });
});
