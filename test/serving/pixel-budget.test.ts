import assert from 'node:assert/strict';
import { PixelBudget } from '../../lib/serving/pixel-budget';
import { deferred, settle } from './fakes';

describe('PixelBudget', () => {
  /** Work that tells when it begins, and ends when it is told to. */
  function makeWork(begun: string[], name: string) {
    const end = deferred<string>();
    return {
      end,
      work: () => {
        begun.push(name);
        return end.promise;
      },
    };
  }

  it('lets in what fits beside the others, in the order it came', async () => {
    const budget = new PixelBudget(10);
    const begun: string[] = [];
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => makeWork(begun, name));
    const runs = [budget.run(6, a.work), budget.run(5, b.work), budget.run(1, c.work), budget.run(4, d.work)];
    await settle();
    assert.deepEqual(begun, ['a']); // c would fit, but b was first
    a.end.resolve('A');
    await settle();
    assert.deepEqual(begun, ['a', 'b', 'c', 'd']); // 5 + 1 + 4
    for (const each of [b, c, d]) each.end.resolve('done');
    assert.deepEqual(await Promise.all(runs), ['A', 'done', 'done', 'done']);
  });

  it('lets in what is larger than all, alone', async () => {
    const budget = new PixelBudget(10);
    const begun: string[] = [];
    const [small, large, next] = ['small', 'large', 'next'].map((name) => makeWork(begun, name));
    const runs = [budget.run(1, small.work), budget.run(99, large.work), budget.run(1, next.work)];
    await settle();
    assert.deepEqual(begun, ['small']);
    small.end.resolve('');
    await settle();
    assert.deepEqual(begun, ['small', 'large']);
    large.end.resolve('');
    await settle();
    assert.deepEqual(begun, ['small', 'large', 'next']);
    next.end.resolve('');
    await Promise.all(runs);
  });

  it('gives back what failing work had', async () => {
    const budget = new PixelBudget(10);
    const fails = () => budget.run(10, async () => assert.fail('damaged'));
    await assert.rejects(fails());
    await assert.rejects(fails());
    assert.equal(await budget.run(10, async () => 'fits'), 'fits');
  });
});
