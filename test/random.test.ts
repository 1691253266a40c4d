import assert from 'node:assert/strict';
import { createRandom } from '../lib/random';

describe('createRandom', () => {
  it('repeats its stream for the same seed and differs for another', () => {
    const draw = (seed: number) => Array.from({ length: 5 }, createRandom(seed).uniform);
    assert.deepEqual(draw(7), draw(7));
    assert.notDeepEqual(draw(7), draw(8));
  });

  it('forks a stream that does not depend on the draws made before', () => {
    const a = createRandom(1);
    const b = createRandom(1);
    a.uniform();
    assert.equal(a.fork('epoch 3').uniform(), b.fork('epoch 3').uniform());
    assert.notEqual(a.fork('epoch 3').uniform(), a.fork('epoch 4').uniform());
  });

  it('permutes every number exactly once', () => {
    const order = createRandom(3).permutation(1000);
    assert.deepEqual(
      [...order].sort((x, y) => x - y),
      [...Array(1000).keys()],
    );
    assert.notDeepEqual([...order], [...Array(1000).keys()]);
  });

  it('draws normal numbers of mean 0 and standard deviation 1', () => {
    const random = createRandom(5);
    const draws = Array.from({ length: 20000 }, random.normal);
    const mean = draws.reduce((sum, x) => sum + x, 0) / draws.length;
    const variance = draws.reduce((sum, x) => sum + (x - mean) ** 2, 0) / draws.length;
    assert.ok(Math.abs(mean) < 0.03, `mean ${mean}`);
    assert.ok(Math.abs(variance - 1) < 0.05, `variance ${variance}`);
  });
});
