import { strict as assert } from 'node:assert';
import {
  createStudy,
  type FrozenTrial,
  gridSampler,
  lastReport,
  noPruner,
  randomSampler,
  SearchSpaceError,
  type Study,
  type Trial,
  TrialPruned,
  tpeSampler,
} from '../../lib/tuning';

function ask(study: Study): Trial {
  return study.ask() ?? assert.fail('nothing left to try');
}

const parabola = (trial: Trial): number => (trial.suggestFloat('x', { low: -5, high: 5 }) - 2) ** 2;

describe('a study', () => {
  it('minimizes, and keeps every trial', async () => {
    const study = createStudy({ name: 'parabola', seed: 1 });
    await study.optimize(parabola, { trials: 60 });
    assert.equal(study.trials.length, 60);
    assert.deepEqual(
      study.trials.map(({ number }) => number),
      Array.from({ length: 60 }, (_, i) => i),
    );
    assert.ok(Math.abs(Number(study.bestParams?.x) - 2) < 0.2, `${study.bestParams?.x}`);
    assert.equal(study.bestValue, Math.min(...study.trials.map(({ value }) => Number(value))));
  });

  it('maximizes; the first of equally good trials is the best one', () => {
    const study = createStudy({ direction: 'maximize' });
    for (const value of [1, 3, 3, 2]) study.tell(ask(study), value);
    assert.equal(study.bestTrial?.number, 1);
  });

  it('has no best trial before one is complete', () => {
    const study = createStudy();
    assert.equal(study.bestTrial, undefined);
    study.tell(ask(study), { state: 'fail', reason: 'no luck' });
    assert.equal(study.bestTrial, undefined);
  });

  it('has the same trials for the same seed, and others for another', async () => {
    const values = async (seed: number): Promise<unknown[]> => {
      const study = createStudy({ seed });
      await study.optimize(parabola, { trials: 15 });
      return study.trials.map(({ params }) => params.x);
    };
    assert.deepEqual(await values(1), await values(1));
    assert.notDeepEqual(await values(1), await values(2));
  });

  it('draws a parameter independently of what is asked for before it', () => {
    const draw = (names: readonly string[]): number => {
      const trial = ask(createStudy());
      return names.map((name) => trial.suggestFloat(name, { low: 0, high: 1 }))[names.indexOf('b')];
    };
    assert.equal(draw(['a', 'b']), draw(['b']));
  });

  it('has parameters that only some trials have', async () => {
    const study = createStudy({ seed: 1 });
    await study.optimize(
      (trial) => {
        if (trial.suggestCategorical('kind', ['sgd', 'adam']) === 'adam') return 1;
        return trial.suggestFloat('momentum', { low: 0, high: 1 });
      },
      { trials: 40 },
    );
    for (const { params } of study.trials) assert.equal('momentum' in params, params.kind === 'sgd');
    assert.equal(study.bestParams?.kind, 'sgd');
  });

  it('gives the same value when asked for the same name again', () => {
    const trial = ask(createStudy());
    const range = { low: 0, high: 1 };
    assert.equal(trial.suggestFloat('x', range), trial.suggestFloat('x', range));
    assert.deepEqual(Object.keys(trial.params), ['x']);
  });

  it('counts a trial that throws, or gives no finite number, as failed, and goes on', async () => {
    const study = createStudy();
    const errors: unknown[] = [];
    await study.optimize(
      ({ number }) => {
        if (number === 0) throw new Error('out of memory');
        return [0, Number.NaN, Number.POSITIVE_INFINITY, 5][number];
      },
      { trials: 4, onTrial: (_, error) => errors.push(error) },
    );
    assert.deepEqual(
      study.trials.map(({ state }) => state),
      ['fail', 'fail', 'fail', 'complete'],
    );
    assert.equal(study.trials[0].systemAttrs.fail_reason, 'out of memory');
    assert.equal(study.trials[1].systemAttrs.fail_reason, 'expected a finite number, got NaN');
    assert.deepEqual(
      errors.map((error) => error instanceof Error),
      [true, false, false, false],
    );
    assert.equal(study.bestTrial?.number, 3);
  });

  it('keeps reports, and a pruned trial has its last one as its value', async () => {
    const study = createStudy({ pruner: noPruner() });
    await study.optimize(
      (trial) => {
        trial.report(3, { step: 0 });
        trial.report(2, { step: 5 });
        trial.report(9, { step: 5 }); // the first one of a step counts
        trial.setUserAttr('note', [1, 'two']);
        throw new TrialPruned();
      },
      { trials: 1 },
    );
    const [trial] = study.trials;
    assert.equal(trial.state, 'pruned');
    assert.equal(trial.value, 2);
    assert.deepEqual(
      [...trial.intermediateValues],
      [
        [0, 3],
        [5, 2],
      ],
    );
    assert.deepEqual(lastReport(trial), { step: 5, value: 2 });
    assert.deepEqual(trial.userAttrs, { note: [1, 'two'] });
  });

  it('refuses a step that is no whole number', () => {
    assert.throws(() => ask(createStudy()).report(1, { step: 0.5 }), { name: 'RangeError' });
  });

  it('tries enqueued parameters first, and draws those that are not given', () => {
    const study = createStudy();
    study.enqueue({ x: 1.5 });
    const trial = ask(study);
    assert.equal(trial.suggestFloat('x', { low: 0, high: 2 }), 1.5);
    assert.ok(trial.suggestFloat('y', { low: 0, high: 1 }) > 0);
    assert.deepEqual(
      study.trials.map(({ state }) => state),
      ['running'],
    );
  });

  it('ends a trial once', () => {
    const study = createStudy();
    const trial = ask(study);
    assert.equal(study.tell(trial, 1).value, 1);
    assert.equal(study.tell(trial.number, 2).value, 1);
    assert.equal(study.trials.length, 1);
    assert.throws(() => study.tell(7, 1), { name: 'RangeError', message: /trial 7/ });
  });

  it('gives its trials as they stand, not as they become', () => {
    const study = createStudy();
    const trial = ask(study);
    const [before] = study.trials;
    study.tell(trial, 1);
    assert.equal(before.state, 'running');
    assert.equal(study.trials[0].state, 'complete');
  });
});

describe('optimize', () => {
  it('stops at the total of the study, earlier calls included', async () => {
    const study = createStudy();
    await study.optimize(parabola, { trials: 3 });
    await study.optimize(parabola, { totalTrials: 5 });
    await study.optimize(parabola, { totalTrials: 5 });
    assert.equal(study.trials.length, 5);
  });

  it('begins no trial after its time', async () => {
    const study = createStudy();
    await study.optimize(parabola, { timeoutMs: 0 });
    assert.equal(study.trials.length, 0);
    await assert.rejects(study.optimize(parabola), { name: 'RangeError', message: /it would never end/ });
  });

  it('gives every trial to onTrial when it has ended', async () => {
    const seen: FrozenTrial[] = [];
    await createStudy().optimize(parabola, { trials: 3, onTrial: (trial) => seen.push(trial) });
    assert.deepEqual(
      seen.map(({ number, state }) => [number, state]),
      [
        [0, 'complete'],
        [1, 'complete'],
        [2, 'complete'],
      ],
    );
  });

  it('stops at a signal, and queues the interrupted trial with its parameters again', async () => {
    const study = createStudy();
    const controller = new AbortController();
    const stopped = study.optimize(
      (trial, { signal }) => {
        parabola(trial);
        if (trial.number === 1) controller.abort(new Error('Ctrl-C'));
        signal?.throwIfAborted();
        return 0;
      },
      { trials: 9, signal: controller.signal },
    );
    await assert.rejects(stopped, /Ctrl-C/);
    assert.deepEqual(
      study.trials.map(({ state }) => state),
      ['complete', 'fail', 'waiting'],
    );
    const { x } = study.trials[1].params;
    await study.optimize(parabola, { totalTrials: 2 });
    assert.deepEqual(
      study.trials.map(({ state }) => state),
      ['complete', 'fail', 'complete'],
    );
    assert.equal(study.trials[2].params.x, x);
    assert.deepEqual(study.trials[2].systemAttrs.retry_history, [1]);
  });

  const contradictions: readonly (readonly [string, (trial: Trial) => number, RegExp])[] = [
    [
      'a range that cannot be',
      (trial) => trial.suggestFloat('x', { low: 1, high: 0 }),
      /^x: expected numbers with low/,
    ],
    [
      'two distributions of one name in a trial',
      (trial) => trial.suggestInt('x', { low: 0, high: 9 }) + trial.suggestInt('x', { low: 0, high: 8 }),
      /^x: expected the distribution it had before, int 0 to 9, got int 0 to 8; give one of them another name$/,
    ],
    [
      'another kind of distribution than in an earlier trial',
      (trial) => (trial.number === 0 ? parabola(trial) : trial.suggestInt('x', { low: 0, high: 9 })),
      /^x: expected the distribution it had before, float -5 to 5, got int 0 to 9;/,
    ],
    [
      'other choices than in an earlier trial',
      (trial) => Number(trial.suggestCategorical('c', trial.number === 0 ? [1, 2] : [1, 2, 3])),
      /^c: expected the distribution it had before, \[1,2\], got \[1,2,3\];/,
    ],
  ];
  for (const [what, objective, message] of contradictions) {
    it(`ends with one sentence at ${what}`, async () => {
      const study = createStudy();
      await assert.rejects(
        study.optimize(objective, { trials: 5 }),
        (error) => error instanceof SearchSpaceError && message.test(error.message),
      );
      assert.equal(study.trials.at(-1)?.state, 'fail');
    });
  }

  it('says that an enqueued value is none of the distribution', async () => {
    const study = createStudy();
    study.enqueue({ x: 7 });
    await assert.rejects(study.optimize(parabola, { trials: 1 }), {
      name: 'SearchSpaceError',
      message: 'x: expected one of float -5 to 5, got 7, which trial 0 was given; correct either',
    });
  });
});

describe('grid search', () => {
  const grid = { rate: [0.1, 0.01], size: ['s', 'm', 'l'] };
  const objective = (trial: Trial): number =>
    trial.suggestFloat('rate', { low: 0, high: 1 }) +
    trial.suggestCategorical('size', ['s', 'm', 'l']).length;

  it('tries every combination once, and ends', async () => {
    const study = createStudy({ sampler: gridSampler(grid) });
    await study.optimize(objective, { trials: 4 });
    await study.optimize(objective, { trials: 100 });
    assert.deepEqual(
      study.trials.map(({ params }) => `${params.rate} ${params.size}`),
      ['0.1 s', '0.1 m', '0.1 l', '0.01 s', '0.01 m', '0.01 l'],
    );
    assert.equal(study.ask(), undefined);
  });

  it('says which parameter it has no values for', async () => {
    const study = createStudy({ sampler: gridSampler({ rate: [0.1] }) });
    await assert.rejects(study.optimize(objective, { trials: 1 }), {
      name: 'SearchSpaceError',
      message: 'grid: has no values for size; add them, such as size: [1, 2]',
    });
    assert.throws(() => gridSampler({}), { name: 'SearchSpaceError' });
  });
});

describe('random search', () => {
  it('draws numbers, ratios, steps and choices equally often', () => {
    const study = createStudy({ sampler: randomSampler() });
    const counts = { float: 0, log: 0, one: 0, last: 0, a: 0, logInt: 0 };
    const draws = 2000;
    for (let i = 0; i < draws; i++) {
      const trial = ask(study);
      counts.float += Number(trial.suggestFloat('float', { low: 0, high: 4 }) < 1);
      counts.log += Number(trial.suggestFloat('log', { low: 0.001, high: 1, log: true }) < 0.01);
      counts.one += Number(trial.suggestInt('int', { low: 1, high: 5 }) === 1);
      counts.last += Number(trial.suggestFloat('step', { low: 0, high: 1, step: 0.25 }) === 1);
      counts.a += Number(trial.suggestCategorical('choice', ['a', 'b']) === 'a');
      counts.logInt += Number(trial.suggestInt('logInt', { low: 1, high: 7, log: true }) === 1);
      study.tell(trial, 0);
    }
    // the last one: from log 0.5 to log 1.5, of log 0.5 to log 7.5
    const expected = {
      float: 1 / 4,
      log: 1 / 3,
      one: 1 / 5,
      last: 1 / 5,
      a: 1 / 2,
      logInt: Math.log(3) / Math.log(15),
    };
    for (const [name, share] of Object.entries(expected)) {
      const reach = 4 * Math.sqrt((share * (1 - share)) / draws);
      const found = counts[name as keyof typeof counts] / draws;
      assert.ok(Math.abs(found - share) < reach, `${name}: ${found}, expected ${share}`);
    }
  });
});

describe('TPE', () => {
  it('draws its first ten trials as random search does', async () => {
    const run = async (sampler = tpeSampler()): Promise<unknown[]> => {
      const study = createStudy({ sampler });
      await study.optimize(parabola, { trials: 11 });
      return study.trials.map(({ params }) => params.x);
    };
    const [tpe, random] = [await run(), await run(randomSampler())];
    assert.deepEqual(tpe.slice(0, 10), random.slice(0, 10));
    assert.notEqual(tpe[10], random[10]);
  });

  it('keeps away from where other trials are running', () => {
    const nearest = (constantLiar: boolean): number => {
      const study = createStudy({ sampler: tpeSampler({ constantLiar }), seed: 1 });
      for (let i = 0; i < 20; i++) {
        const trial = ask(study);
        study.tell(trial, parabola(trial));
      }
      const xs = Array.from({ length: 20 }, () => ask(study).suggestFloat('x', { low: -5, high: 5 }));
      const sorted = xs.sort((a, b) => a - b);
      return (sorted[sorted.length - 1] - sorted[0]) / 20;
    };
    assert.ok(nearest(true) > 1.5 * nearest(false), `${nearest(true)} and ${nearest(false)}`);
  });
});
