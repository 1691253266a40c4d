import assert from 'node:assert/strict';
import { buildSchedule, constant, cosine, type ScheduleSpec, steps, triangular } from '../../lib/training';

function close(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) < 1e-12, `expected ${expected}, got ${actual}`);
}

describe('schedules', () => {
  it('constant stays', () => {
    for (const progress of [0, 0.5, 1]) assert.equal(constant()(progress), 1);
  });

  it('cosine warms up in a line and falls to the end', () => {
    const schedule = cosine({ warmup: 0.2, end: 0.1 });
    close(schedule(0), 0);
    close(schedule(0.1), 0.5);
    close(schedule(0.2), 1);
    close(schedule(0.6), 0.55); // half way down
    close(schedule(1), 0.1);
    close(cosine()(0), 1);
  });

  it('triangular rises to its peak and falls again', () => {
    const schedule = triangular({ start: 0.2, peak: 0.5, end: 0 });
    close(schedule(0), 0.2);
    close(schedule(0.25), 0.6);
    close(schedule(0.5), 1);
    close(schedule(0.75), 0.5);
    close(schedule(1), 0);
    close(triangular({ peak: 1 })(1), 1);
  });

  it('steps falls by its factor at each place', () => {
    const schedule = steps({ at: [0.5, 0.75], factor: 0.1 });
    close(schedule(0.49), 1);
    close(schedule(0.5), 0.1);
    close(schedule(0.9), 0.01);
  });

  it('can be described as JSON', () => {
    close(buildSchedule({ name: 'cosine', warmup: 0.2 })(0.1), 0.5);
    close(buildSchedule({ name: 'constant' })(0.3), 1);
  });

  it('refuses what is out of range, and a name that it does not know', () => {
    assert.throws(() => cosine({ warmup: 1.5 }), /warmup: expected a share of the training/);
    assert.throws(() => steps({ at: [2] }), RangeError);
    assert.throws(() => triangular({ peak: -1 }), RangeError);
    assert.throws(
      () => buildSchedule({ name: 'valueOf' } as unknown as ScheduleSpec),
      /unknown schedule valueOf; expected one of: constant, cosine, steps, triangular/,
    );
  });
});
