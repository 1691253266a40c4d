import assert from 'node:assert/strict';
import {
  describeLateness,
  latenessOf,
  parseDue,
  parseInstant,
  parseLatePolicy,
} from '../../../lib/grading/class/late-policy';

describe('late policy', () => {
  const due = parseDue('2026-10-01T23:59Z');
  const lost = (rules: string, timestamp: string, earned = 8) =>
    latenessOf(earned, {
      policy: parseLatePolicy(rules),
      due,
      timestamp: parseInstant(timestamp),
    });

  it('takes nothing by default, and nothing of what is on time', () => {
    assert.equal(lost('none', '2026-10-20T00:00Z').penalty, 0);
    assert.deepEqual(lost('deduct=10%/day', '2026-10-01T23:59:00Z'), {
      lateMs: 0,
      penalty: 0,
      refused: false,
    });
  });

  it('takes a share of what was earned for each begun day, up to the most', () => {
    const rules = 'deduct=10%/day,max=50%';
    assert.equal(lost(rules, '2026-10-01T23:59:01Z').penalty, 0.8);
    assert.equal(lost(rules, '2026-10-02T23:59:00Z').penalty, 0.8);
    assert.equal(lost(rules, '2026-10-02T23:59:01Z').penalty, 1.6);
    assert.equal(lost(rules, '2026-11-01T00:00:00Z').penalty, 4);
    assert.equal(lost('deduct=60%/hour', '2026-10-02T01:59Z').penalty, 8, 'never more than was earned');
  });

  it('forgives a grace period, and counts from the due date once it is over', () => {
    assert.equal(lost('grace=15m,deduct=25%/hour', '2026-10-02T00:14:00Z').penalty, 0);
    assert.equal(lost('grace=15m,deduct=25%/hour', '2026-10-02T00:14:01Z').penalty, 2);
  });

  it('refuses what is too late', () => {
    assert.equal(lost('refuse-after=7d', '2026-10-08T23:59Z').penalty, 0);
    const { penalty, refused } = lost('refuse-after=7d', '2026-10-09T00:00Z');
    assert.deepEqual([penalty, refused], [8, true]);
  });

  it('holds nothing against a submission without a date', () => {
    assert.equal(latenessOf(8, { policy: parseLatePolicy('refuse-after=1h'), due }).penalty, 0);
  });

  it('shows its language where it does not understand', () => {
    for (const text of [
      '',
      '10%',
      'deduct=10%',
      'deduct=10/day',
      'deduct=200%/day',
      'max=50%',
      'grace=1w',
      'max=1%/day',
    ]) {
      assert.throws(
        () => parseLatePolicy(text),
        /^CourseError: --late .*expected none, or rules|^CourseError: --late max/,
      );
    }
    assert.throws(() => parseLatePolicy('grace=1h,grace=2h'), /grace is there twice/);
  });

  it('wants a zone in a due date', () => {
    assert.equal(parseDue('2026-10-01T23:59+02:00').toISOString(), '2026-10-01T21:59:00.000Z');
    for (const text of [
      '2026-10-01T23:59',
      '2026-10-01',
      '2026-02-30T00:00Z',
      '2026-13-01T00:00Z',
      'tomorrow',
    ]) {
      assert.throws(() => parseDue(text), /^CourseError: --due .*such as 2026-10-01T23:59Z/, text);
    }
  });

  it("reads nbgrader's timestamps", () => {
    const read = (text: string) => parseInstant(text, { zone: 'UTC' })?.toISOString();
    assert.equal(read('2026-10-01 21:30:05.123456 UTC\n'), '2026-10-01T21:30:05.123Z');
    assert.equal(read('2026-10-01 21:30:05'), '2026-10-01T21:30:05.000Z');
    assert.equal(read('2026-10-01 21:30:05 +0200'), '2026-10-01T19:30:05.000Z');
    assert.equal(read('2026-10-01 21:30:05 Mars/Olympus'), undefined);
  });

  it('tells a time in words', () => {
    assert.equal(describeLateness(1), '1 min');
    assert.equal(describeLateness(26.5 * 3_600_000), '1 day 2 h 30 min');
    assert.equal(describeLateness(48 * 3_600_000), '2 days');
  });
});
