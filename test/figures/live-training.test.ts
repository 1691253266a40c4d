import assert from 'node:assert/strict';
import { liveTraining } from '../../lib/figures';
import { fakeNotebook } from './tiny';

function liveFake(epochs: number) {
  const clock = { ms: 0 };
  const { notebook, outputs } = fakeNotebook();
  const live = liveTraining({ epochs, title: 'T', notebook, now: () => clock.ms });
  const texts = () => outputs[0].map(({ bundle }) => bundle['text/plain']);
  return { live, clock, outputs, texts };
}

const step = { epoch: 1, steps: 100, loss: 1.3249, accuracy: 0.5, imagesPerSecond: 1033.6 };
const epoch = {
  epoch: 1,
  loss: 1.4,
  accuracy: 0.491,
  validationLoss: 1.2,
  validationAccuracy: 0.55,
  durationMs: 130_000,
  imagesPerSecond: 1000,
};

describe('liveTraining', () => {
  it('updates the line in place, at most twice a second', () => {
    const { live, clock, outputs, texts } = liveFake(4);
    for (let i = 1; i <= 100; i++) {
      live.onStep({ ...step, step: i });
      clock.ms += 100;
    }
    assert.equal(outputs.length, 1);
    assert.equal(texts().length, 20);
    assert.equal(texts()[0], 'epoch 1 of 4, step 1/100, loss 1.32, 1034 images/s');
    // Step 96 of 400 at 9.5 s: 95 steps took 9.5 s, 304 are left.
    assert.equal(texts()[19], 'epoch 1 of 4, step 96/100, loss 1.32, 1034 images/s, ETA 30 s');
  });

  it('draws the curves after each epoch, in one output that is replaced', async () => {
    const { live, outputs, texts } = liveFake(2);
    live.onEpoch(epoch);
    assert.equal(
      texts()[0],
      'epoch 1 of 2 done in 2 min 10 s: loss 1.400, accuracy 49.1 %, validation loss 1.200, validation accuracy 55.0 %',
    );
    while (outputs.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    live.onEpoch({ ...epoch, epoch: 2, loss: 1.1 });
    while (outputs[1].length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    // Not Plotly's form, which JupyterLab would draw once only.
    const [first, second] = outputs[1].map(({ bundle }) => bundle);
    assert.deepEqual(Object.keys(second), ['image/png', 'text/plain']);
    assert.notEqual(first['image/png'], second['image/png']);
  });

  it('draws only the last of epochs that pass while a picture is drawn', async () => {
    const { live, outputs } = liveFake(20);
    for (let i = 1; i <= 20; i++) live.onEpoch({ ...epoch, epoch: i });
    await live.done();
    assert.ok(outputs[1].length <= 3, `${outputs[1].length} pictures`);
    assert.match(JSON.stringify(outputs[1].at(-1)?.bundle), /"x":\[1,.*,20\]/);
  });

  it('ends with the picture that GitHub shows', async () => {
    const { live, outputs, texts } = liveFake(1);
    live.onEpoch(epoch);
    await live.done();
    assert.equal(outputs.length, 2);
    assert.deepEqual(Object.keys(outputs[1].at(-1)?.bundle ?? {}), [
      'application/vnd.plotly.v1+json',
      'image/png',
      'text/plain',
    ]);
    assert.match(String(texts().at(-1)), /^1 epoch in 2 min 10 s: loss 1\.400/);
  });

  it('shows nothing where nothing happened', async () => {
    const { live, outputs } = liveFake(1);
    await live.done();
    assert.equal(outputs.length, 0);
  });
});
