import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { chooseEngine } from '../../lib/serving/choose-engine';
import { brightness, fakeEngine, inputShape } from './fakes';

const options = { inputShape, numClasses: 2, repeats: 3 };

describe('chooseEngine', () => {
  it('takes the engine that answers faster', async () => {
    const slow = fakeEngine(async (pixels, count) => {
      await sleep(15);
      return brightness(pixels, count);
    });
    const fast = fakeEngine(brightness, 'onnx');
    const { chosen, trials } = await chooseEngine([slow, fast], options);
    assert.equal(chosen, fast);
    assert.deepEqual(
      trials.map(({ name, medianMs, difference }) => [name, medianMs.length, difference]),
      [
        ['tensorflow', 3, 0],
        ['onnx', 3, 0],
      ],
    );
  });

  it('does not take a faster one that answers something else', async () => {
    const slow = fakeEngine(async (pixels, count) => {
      await sleep(5);
      return brightness(pixels, count);
    });
    const shifted = (by: number) =>
      fakeEngine(async (pixels, count) => (await brightness(pixels, count)).map((p) => p + by), 'onnx');
    assert.equal((await chooseEngine([slow, shifted(1e-3)], options)).chosen, slow);
    assert.equal((await chooseEngine([slow, shifted(Number.NaN)], options)).chosen, slow);
    assert.equal((await chooseEngine([slow, shifted(1e-6)], options)).chosen.name, 'onnx');
  });

  it('computes each batch once where there is no choice', async () => {
    const counts: number[] = [];
    const only = fakeEngine((pixels, count) => {
      counts.push(count);
      return brightness(pixels, count);
    });
    assert.deepEqual(await chooseEngine([only], options), { chosen: only, trials: [] });
    assert.deepEqual(counts, [1, 8, 32]);
  });

  it('refuses a network whose answers are no probabilities', async () => {
    const broken = fakeEngine(async (_, count) => new Float32Array(2 * count).fill(Number.NaN));
    await assert.rejects(chooseEngine([broken], options), /expected 2 probabilities an image.*NaN/);
    const three = fakeEngine(async (_, count) => new Float32Array(3 * count));
    await assert.rejects(
      chooseEngine([three], options),
      /expected 2 probabilities an image for noise, got 3/,
    );
  });
});
