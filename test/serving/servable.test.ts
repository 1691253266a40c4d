import assert from 'node:assert/strict';
import { join } from 'node:path';
import { useBackend } from '../../lib/backend';
import { predictImages } from '../../lib/evaluation';
import { loadClassifier } from '../../lib/interchange';
import { courseRoot } from '../../lib/paths';
import { type EngineName, engineNames } from '../../lib/serving/engine';
import { viewsOf } from '../../lib/serving/model-description';
import { loadServable, type Servable } from '../../lib/serving/servable';
import { assertEnds } from '../helpers/processes';
import { largestDifference, noise, ourProbabilities } from '../interchange/toy-classifiers';

const pretrained = join(courseRoot(), 'data', 'pretrained');
const baseline = join(pretrained, 'baseline-cifar10');
const airbench = join(pretrained, 'airbench-cifar10');

describe('loadServable', function () {
  this.timeout(180_000); // processes that start from source, on a machine that may be busy

  let servable: Servable | undefined;

  /** Where TensorFlow.js finds nothing better than WebAssembly, the engine says so. */
  let tensorflow: EngineName;

  before(async () => {
    tensorflow = (await useBackend()).name === 'wasm' ? 'wasm' : 'tensorflow';
  });

  afterEach(() => servable?.close());

  for (const engine of engineNames) {
    it(`answers as the notebooks do, with ${engine}`, async () => {
      const classifier = await loadClassifier(baseline);
      const images = noise(classifier, { count: 5 });
      const expected = await ourProbabilities(classifier, images);
      servable = await loadServable(baseline, { engine });
      assert.equal(servable.engine, engine === 'tensorflow' ? tensorflow : engine);
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
    await assert.rejects(loadServable(join(courseRoot(), 'notebooks')), {
      name: 'CourseError',
      message: /there is no model here/,
    });
  });

  it('computes on WebAssembly where nothing else can', async () => {
    const { COURSE_BACKEND: before } = process.env;
    process.env.COURSE_BACKEND = 'abacus'; // which TensorFlow refuses; ONNX Runtime refuses this network
    try {
      servable = await loadServable(airbench);
    } finally {
      if (before === undefined) delete process.env.COURSE_BACKEND;
      else process.env.COURSE_BACKEND = before;
    }
    assert.equal(servable.engine, 'wasm');
    const classifier = await loadClassifier(airbench);
    const images = noise(classifier, { count: 2 });
    const { model, normalization } = classifier;
    const expected = await predictImages(model, images, { normalization, views: viewsOf(classifier) });
    assert.ok(largestDifference(await servable.predict(images.pixels, 2), expected) < 1e-5);
  });

  it('leaves ONNX Runtime out for a network that looks at an image more than once', async () => {
    await assert.rejects(loadServable(airbench, { engine: 'onnx' }), /views: expected single/);
  });
});
