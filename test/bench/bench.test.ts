import assert from 'node:assert/strict';
import { useBackend } from '../../lib/backend';
import { runPlan } from '../../lib/bench/bench';
import { type ComparisonPlan, planTask } from '../../lib/bench/contenders';
import { describeNetwork } from '../../lib/bench/networks';
import { isMeasured } from '../../lib/bench/result';
import { loadDataset } from '../../lib/data';
import { fake } from './fakes';

const ready = (parameters: number) => ({ first: { ready: true, versions: {}, settings: {}, parameters } });

describe('runPlan', () => {
  before(() => useBackend({ backend: 'cpu' }));

  const plan = (): ComparisonPlan => {
    const network = describeNetwork('small');
    const { parameters } = network;
    return {
      name: 'train small',
      work: 'steps',
      batchSize: 64,
      network,
      flopPerImage: 1e9,
      contenders: [
        {
          name: 'ours',
          family: 'ours',
          program: fake('say({ images: 10, seconds: round })', ready(parameters)),
        },
        { name: 'peer', family: 'peer', program: fake('say({ images: 20, seconds: 1 })', ready(parameters)) },
        { name: 'cheat', family: 'peer', program: fake('say({ images: 900, seconds: 1 })', ready(7)) },
      ],
      peak: { work: 'alone', program: fake('say({ images: 1, seconds: 1, speeds: { a: 40, b: 30 } })') },
    };
  };

  it('gives speeds, shares of the peak and the ratio; another network is refused', async () => {
    const { contenders, ratio, peak } = await runPlan(plan(), { rounds: 3, pauseMs: 0 });
    const [peer, ours, cheat] = contenders;
    assert.ok(isMeasured(peer) && isMeasured(ours));
    assert.deepEqual(peer.imagesPerSecond, { median: 20, min: 20, max: 20, n: 3 });
    assert.equal(peer.gflops, 20);
    assert.equal(peer.shareOfPeak, 0.5);
    assert.deepEqual(ours.seconds, [1, 2, 3]);
    assert.equal(ours.imagesPerSecond.median, 5);
    assert.deepEqual(cheat, {
      name: 'cheat',
      family: 'peer',
      reason: 'it trains 7 parameters, the others 122570',
    });
    assert.deepEqual(ratio, { ours: 'ours', peer: 'peer', medianOfRatios: 0.25, ratioOfMedians: 0.25 });
    assert.deepEqual([peak?.best, peak?.gflops], ['a', 40]);
  });

  it('keeps the most memory, and refuses one that names other numbers of images right', async () => {
    const { parameters } = describeNetwork('small');
    const evaluates = (name: string, correct: number) => ({
      name,
      family: name === 'ours' ? ('ours' as const) : ('peer' as const),
      program: fake(
        `say({ images: 10000, seconds: 1, peakMB: 500.4 + round, correct: ${correct} })`,
        ready(parameters),
      ),
    });
    const contenders = [evaluates('ours', 7600), evaluates('near', 7604), evaluates('another', 7700)];
    const comparison = await runPlan({ ...plan(), contenders, peak: undefined }, { rounds: 2, pauseMs: 0 });
    const byName = new Map(comparison.contenders.map((contender) => [contender.name, contender]));
    const [ours, near] = [byName.get('ours'), byName.get('near')];
    assert.ok(ours && isMeasured(ours) && ours.peakMB === 502);
    assert.ok(near && isMeasured(near));
    assert.deepEqual(byName.get('another'), {
      name: 'another',
      family: 'peer',
      reason: 'it names 7700 images right, the others 7600',
    });
  });

  it('measures ours alone where the peers are not installed', async () => {
    const { contenders, ratio, peak } = await runPlan(plan(), {
      rounds: 1,
      pauseMs: 0,
      missing: 'no network',
    });
    assert.ok(isMeasured(contenders[0]) && contenders[0].name === 'ours');
    assert.deepEqual(contenders[1], { name: 'peer', family: 'peer', reason: 'no network' });
    assert.equal(ratio, undefined);
    assert.equal(peak, undefined);
  });

  it('really trains, predicts and evaluates with TensorFlow.js', async () => {
    await loadDataset('cifar10'); // fetches it where it is missing
    const options = {
      networks: ['small' as const],
      threads: 1,
      seed: 1,
      quick: true,
      python: '',
      scratch: '',
    };
    for (const task of ['train', 'predict', 'evaluate'] as const) {
      const [plan] = planTask(task, { ...options, only: 'ours, eager' });
      const [contender] = plan.contenders;
      const { program } = contender;
      // One step of four images on plain JavaScript, which is everywhere.
      const work = JSON.stringify({
        ...JSON.parse(program.args.at(-1) ?? ''),
        mode: 'cpu',
        batchSize: 4,
        steps: 1,
      });
      const tiny = { ...contender, program: { ...program, args: [...program.args.slice(0, -1), work] } };
      const { contenders } = await runPlan(
        { ...plan, contenders: [tiny], peak: undefined },
        { rounds: 2, pauseMs: 0 },
      );
      const [measured] = contenders;
      assert.ok(isMeasured(measured), JSON.stringify(measured));
      assert.equal(measured.imagesPerRound, 4);
      assert.equal(measured.imagesPerSecond.n, 2);
      assert.match(measured.versions.cpu, /tfjs-backend-cpu/);
    }
  });
});
