import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  createStudy,
  type Direction,
  medianPruner,
  noPruner,
  type PercentilePrunerOptions,
  type Pruner,
  percentilePruner,
  type SuccessiveHalvingOptions,
  successiveHalvingPruner,
  type Trial,
} from '../../lib/tuning';

interface Recorded {
  readonly kind: 'median' | 'percentile' | 'successive halving';
  readonly percentile?: number;
  readonly options: PercentilePrunerOptions &
    SuccessiveHalvingOptions & { readonly minResource?: number | null };
  readonly direction: Direction;
  readonly events: string;
}

function prunerOf({ kind, percentile = 50, options }: Recorded): Pruner {
  if (kind === 'median') return medianPruner(options);
  if (kind === 'percentile') return percentilePruner(percentile, options);
  return successiveHalvingPruner({ ...options, minResource: options.minResource ?? undefined });
}

describe('pruners', () => {
  const fixture: { readonly studies: readonly Recorded[] } = JSON.parse(
    readFileSync(join(__dirname, 'pruners.json'), 'utf8'),
  );

  for (const kind of ['median', 'percentile', 'successive halving'] as const) {
    it(`${kind}: decides every time as Optuna does`, () => {
      const counts = { stop: 0, go: 0 };
      for (const [index, recorded] of fixture.studies.entries()) {
        if (recorded.kind !== kind) continue;
        const study = createStudy({ direction: recorded.direction, pruner: prunerOf(recorded) });
        const trials: Trial[] = [];
        const trialOf = (number: number): Trial => {
          while (trials.length <= number) trials.push(study.ask() ?? assert.fail());
          return trials[number];
        };
        for (const event of recorded.events.split(';')) {
          const [number, second, value, decision] = event.split(' ');
          const trial = trialOf(Number(number));
          if (decision) {
            trial.report(Number(value), { step: Number(second) });
            assert.equal(trial.shouldPrune() ? 'stop' : 'go', decision, `study ${index}, event ${event}`);
            counts[decision === 'stop' ? 'stop' : 'go']++;
          } else if (second === 'complete') {
            study.tell(trial, Number(value));
          } else {
            study.tell(
              trial,
              second === 'pruned' ? { state: 'pruned' } : { state: 'fail', reason: 'recorded' },
            );
          }
        }
      }
      assert.ok(counts.stop > 200 && counts.go > 500, JSON.stringify(counts));
    });
  }

  it('none stops nothing', () => {
    const study = createStudy({ pruner: noPruner() });
    study.tell(study.ask() ?? assert.fail(), 0);
    const trial = study.ask() ?? assert.fail();
    trial.report(Number.NaN, { step: 1_000 });
    assert.equal(trial.shouldPrune(), false);
  });

  it('refuses options that cannot be', () => {
    assert.throws(() => percentilePruner(101), /expected 0 to 100, got 101/);
    assert.throws(
      () => medianPruner({ intervalSteps: 0 }),
      /intervalSteps: expected a whole number of at least 1/,
    );
    assert.throws(() => successiveHalvingPruner({ reductionFactor: 1 }), /at least 2, got 1/);
    assert.throws(() => successiveHalvingPruner({ bootstrapCount: 1 }), /expected minResource beside it/);
  });
});
