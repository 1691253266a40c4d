import assert from 'node:assert/strict';
import { join } from 'node:path';
import { useBackend } from '../../lib/backend';
import { loadClassifier } from '../../lib/interchange';
import { courseRoot } from '../../lib/paths';
import { engineNames } from '../../lib/serving/engine';
import { loadServable, type Servable } from '../../lib/serving/servable';
import { assertEnds } from '../helpers/processes';
import { largestDifference, noise, ourProbabilities } from '../interchange/toy-classifiers';

const baseline = join(courseRoot(), 'data', 'pretrained', 'baseline-cifar10');

describe('loadServable', function () {
  this.timeout(180_000); // processes that start from source, on a machine that may be busy

  let servable: Servable | undefined;

  before(() => useBackend());

  afterEach(() => servable?.close());

  for (const engine of engineNames) {
    it(`answers as the notebooks do, with ${engine}`, async () => {
      const classifier = await loadClassifier(baseline);
      const images = noise(classifier, { count: 5 });
      const expected = await ourProbabilities(classifier, images);
      servable = await loadServable(baseline, { engine });
      assert.equal(servable.engine, engine);
      assert.deepEqual(servable.inputShape, [32, 32, 3]);
      assert.deepEqual(servable.classNames, classifier.classNames);
      const difference = largestDifference(await servable.predict(images.pixels, 5), expected);
      assert.ok(difference < 1e-5, `differs by ${difference}`);
    });
  }

  it('loses no request when a worker is killed under load, and its processes end with it', async () => {
    servable = await loadServable(baseline, { engine: 'onnx', batching: { maxBatchSize: 8 } });
    const classifier = await loadClassifier(baseline);
    const images = noise(classifier, { count: 1 });
    const expected = await ourProbabilities(classifier, images);
    const [pid] = servable.pids;
    const { predict } = servable;
    let answered = 0;
    let killedAfter = 0;
    const client = async (): Promise<void> => {
      for (let i = 0; i < 100; i++) {
        const answer = await predict(images.pixels, 1);
        assert.ok(largestDifference(answer, expected) < 1e-5);
        if (++answered === 200) {
          process.kill(pid, 'SIGKILL');
          killedAfter = answered;
        }
      }
    };
    await Promise.all(Array.from({ length: 8 }, client));
    assert.deepEqual([answered, killedAfter], [800, 200]);
    const [other] = servable.pids;
    assert.notEqual(other, pid);
    await servable.close();
    await assertEnds(other);
  });

  it('says what is wrong with a folder that has no model', async () => {
    await assert.rejects(loadServable(join(courseRoot(), 'notebooks'), { engine: 'onnx' }), {
      name: 'CourseError',
      message: /there is no model here/,
    });
  });

  it('leaves ONNX Runtime out for a network that looks at an image more than once', async () => {
    const airbench = join(courseRoot(), 'data', 'pretrained', 'airbench-cifar10');
    await assert.rejects(loadServable(airbench, { engine: 'onnx' }), /views: expected single/);
  });
});
