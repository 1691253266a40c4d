import assert from 'node:assert/strict';
import { formatJson, peakOf, rates, ratioOf } from '../../lib/bench';
import { comparison, measured, result } from './results';

describe('ratioOf', () => {
  it('compares our best with the best peer, by their medians', () => {
    const ratio = ratioOf([...comparison.contenders, measured('ours, eager', 'ours', [4, 4, 4])]);
    // ours 200, 250, 100; PyTorch 100, 100, 200: ratios 2, 2.5, 0.5, medians 200 and 100
    assert.deepEqual(ratio, {
      ours: 'ours, compiled',
      peer: 'PyTorch',
      medianOfRatios: 2,
      ratioOfMedians: 2,
    });
  });

  it('is absent where one side has no figure', () => {
    assert.equal(ratioOf(comparison.contenders.slice(1)), undefined);
    assert.equal(ratioOf([measured('ours', 'ours', [1, 1, 1]), comparison.contenders[3]]), undefined);
  });
});

describe('peakOf', () => {
  it('is the case whose median is highest, not the one with the best single round', () => {
    const peak = peakOf(
      [
        { steady: 100, lucky: 50 },
        { steady: 101, lucky: 300 },
        { steady: 102, lucky: 50 },
      ],
      'alone',
    );
    assert.equal(peak.best, 'steady');
    assert.equal(peak.gflops, 101);
    assert.deepEqual(peak.cases.lucky, [50, 300, 50]);
  });
});

describe('rates', () => {
  it('are images a second of each round', () => {
    assert.deepEqual(rates(measured('x', 'ours', [0.5, 1, 2])), [200, 100, 50]);
  });
});

describe('formatJson', () => {
  it('is the same JSON, with lists of numbers on one line', () => {
    const text = formatJson(result);
    assert.deepEqual(JSON.parse(text), result);
    assert.match(text, /"seconds": \[0\.5, 0\.4, 1\]/);
  });
});
