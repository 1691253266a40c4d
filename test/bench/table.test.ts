import assert from 'node:assert/strict';
import { renderComparison, renderResult } from '../../lib/bench';
import { comparison, result } from './results';

describe('renderComparison', () => {
  it('is a row a contender, aligned, then the ratio and the peak', () => {
    assert.deepEqual(renderComparison(comparison).split('\n'), [
      'train small: steps; 0.0250 GFLOP an image',
      '                images/s  min - max  n  GFLOP/s  of peak',
      'ours, compiled       200  100 - 250  3     5.00      5 %',
      'PyTorch              100  100 - 200  3',
      'Keras                 50    50 - 50  3',
      'broken          - not installed',
      "ours, compiled / PyTorch: 2.00 (median of the rounds' ratios), 2.50 (ratio of the medians)",
      'peak: 100 GFLOP/s, PyTorch alone: 3x3',
    ]);
  });

  it('has a column of memory where it was measured', () => {
    const contenders = comparison.contenders.map((contender, i) =>
      i === 1 ? { ...contender, peakMB: 1234 } : contender,
    );
    const lines = renderComparison({ ...comparison, contenders }).split('\n');
    assert.match(lines[1], /of peak {2}peak MB$/);
    assert.match(lines[3], /^PyTorch .* 1,234$/);
  });

  it('keeps a digit after the point of small numbers, and parts thousands', () => {
    const imagesPerSecond = { median: 8.25, min: 8.25, max: 12_345.6, n: 2 };
    const contenders = [{ ...comparison.contenders[1], imagesPerSecond }];
    assert.match(renderComparison({ ...comparison, contenders } as never), /8\.3 {2}8\.3 - 12,346 {2}2/);
  });
});

describe('a comparison without a network', () => {
  it('has no columns of GFLOP/s', () => {
    const [, header] = renderComparison({ ...comparison, flopPerImage: undefined }).split('\n');
    assert.match(header, /n$/);
  });
});

describe('renderResult', () => {
  it('begins with the machine, and says when rounds were short', () => {
    assert.match(
      renderResult(result),
      /^Abacus 9, 2 of 4 cores, 8 GB, Linux 6 x64, Node 20\.20\.2; 2026-01-01/,
    );
    assert.doesNotMatch(renderResult(result), /quick/);
    assert.match(renderResult({ ...result, quick: true }), /quick: short rounds/);
  });
});
