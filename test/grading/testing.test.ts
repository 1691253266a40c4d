import assert from 'node:assert/strict';
import { assertClose, assertShape } from '../../lib/grading/assertions';
import { hidden } from '../../lib/grading/questions';
import { describeFailure, runTests } from '../../lib/grading/testing';

function failureOf(body: () => void): string {
  try {
    body();
  } catch (error) {
    return describeFailure(error);
  }
  return 'nothing failed';
}

describe('runTests', () => {
  const answers = { one: () => 1, stub: () => assert.fail('not implemented') };
  type Answers = () => typeof answers & { readonly missing?: () => void };

  it('runs tests and hooks in a mocha of its own, and takes weights from the titles', async () => {
    const calls: string[] = [];
    const define = (get: () => object) => {
      before(() => calls.push('before'));
      it('passes [2 points]', () => assert.equal((get as Answers)().one(), 1));
      it('fails', async () => assert.equal((get as Answers)().one(), 2));
    };
    const results = await runTests(define, { answers, includeHidden: false });
    assert.deepEqual(calls, ['before']);
    assert.deepEqual(results, [
      { title: 'passes', points: 2, hidden: false, status: 'passed' },
      {
        title: 'fails',
        points: 1,
        hidden: false,
        status: 'failed',
        message: 'expected 2, got 1',
        unimplemented: false,
      },
    ]);
  });

  it('runs hidden tests only where they are included', async () => {
    const define = () => hidden(() => it('secret', () => undefined));
    const [closed] = await runTests(define, { answers, includeHidden: false });
    assert.deepEqual(closed, { title: 'secret', points: 1, hidden: true, status: 'not run' });
    const [open] = await runTests(define, { answers, includeHidden: true });
    assert.equal(open.status, 'passed');
  });

  it('leaves the globals and the listeners of the process as they were', async () => {
    const before = [globalThis.it, globalThis.describe, process.exit];
    const listeners = process.listenerCount('uncaughtException');
    await runTests(() => it('x', () => undefined), { answers, includeHidden: false });
    assert.deepEqual([globalThis.it, globalThis.describe, process.exit], before);
    assert.equal(process.listenerCount('uncaughtException'), listeners);
  });

  it('ends at a test that never does, and calls the rest not run', async () => {
    const define = () => {
      it('hangs', () => new Promise(() => undefined));
      it('comes later', () => undefined);
    };
    const results = await runTests(define, { answers, includeHidden: false, timeoutMs: 50 });
    assert.deepEqual(
      results.map(({ status, message }) => [status, message]),
      [
        ['failed', 'not finished after 50 ms'],
        ['not run', undefined],
      ],
    );
  });

  it('counts process.exit, a missing name and a failing hook as failures', async () => {
    const messages = async (define: (get: Answers) => void) => {
      const results = await runTests((get) => define(get as Answers), { answers, includeHidden: false });
      return results.map(({ message }) => message);
    };
    const exits = await messages(() => it('x', () => process.exit(3)));
    assert.deepEqual(exits, ['threw Error: process.exit(3) was called']);
    const missing = await messages((get) => it('x', () => get().missing?.()));
    assert.deepEqual(missing, ['threw ReferenceError: missing is not defined']);
    const hook = await messages(() => {
      beforeEach(() => {
        throw new TypeError('no data');
      });
      it('x', () => undefined);
    });
    assert.deepEqual(hook, ['threw TypeError: no data']);
  });
});

describe('describeFailure', () => {
  it('names the first index at which lists differ', () => {
    const tenth = (value: number) => Uint8Array.from({ length: 5000 }, (_, i) => (i === 9 ? value : 1));
    assert.equal(
      failureOf(() => assert.deepEqual(tenth(3), tenth(1))),
      'at index 9: expected 1, got 3',
    );
    assert.equal(
      failureOf(() => assert.deepEqual([[1], [2]], [[1], [3]])),
      'at index 1: expected [ 3 ], got [ 2 ]',
    );
    assert.equal(
      failureOf(() => assert.deepEqual([1, 2], [1])),
      'expected 1 items, got 2',
    );
  });

  it('says what was expected of other values, in one line', () => {
    assert.equal(
      failureOf(() => assert.equal('a', 'b')),
      "expected 'b', got 'a'",
    );
    assert.equal(
      failureOf(() => assert.equal(1, 2, 'row 3')),
      'row 3: expected 2, got 1',
    );
    assert.equal(
      failureOf(() => assert.deepEqual({ a: 1 }, { a: 2 })),
      'expected { a: 2 }, got { a: 1 }',
    );
    assert.equal(
      failureOf(() => assert.ok(false, 'too many weights')),
      'too many weights',
    );
    assert.equal(
      failureOf(() => assert.throws(() => undefined)),
      'Missing expected exception.',
    );
    assert.equal(
      failureOf(() => JSON.parse('{}').missing.length),
      "threw TypeError: Cannot read properties of undefined (reading 'length')",
    );
  });
});

describe('assertClose', () => {
  it('accepts differences up to the tolerance, and equal infinities', () => {
    assertClose([1, Number.POSITIVE_INFINITY], Float32Array.of(1.25, Number.POSITIVE_INFINITY), {
      tolerance: 0.25,
    });
  });

  it('names the first index that is off, and a wrong length', () => {
    const off = failureOf(() => assertClose([1, 2, 3], [1, 2.5, 4], { tolerance: 0.1 }));
    assert.equal(off, 'at index 1: expected 2.5 (give or take 0.1), got 2');
    assert.equal(
      failureOf(() => assertClose([1], [1, 2])),
      'expected 2 numbers, got 1',
    );
    assert.match(
      failureOf(() => assertClose([Number.NaN], [1])),
      /got NaN/,
    );
  });
});

describe('assertShape', () => {
  it('compares the shape of a tensor', () => {
    assertShape({ shape: [2, 3] }, [2, 3]);
    assert.equal(
      failureOf(() => assertShape({ shape: [2, 3] }, [3, 2])),
      'expected the shape [3, 2], got [2, 3]',
    );
    assert.equal(
      failureOf(() => assertShape([2], [2, 1])),
      'expected the shape [2, 1], got [2]',
    );
  });
});
