import type { BenchResult, Comparison, MeasuredContender } from '../../lib/bench';

export function measured(
  name: string,
  family: 'ours' | 'peer',
  seconds: readonly number[],
): MeasuredContender {
  const rates = seconds.map((duration) => 100 / duration).sort((a, b) => a - b);
  return {
    name,
    family,
    versions: { node: '20' },
    settings: {},
    imagesPerRound: 100,
    seconds,
    imagesPerSecond: { median: rates[1], min: rates[0], max: rates[2], n: 3 },
  };
}

/** Our 200 images a second against 100 of a peer and 50 of another. */
export const comparison: Comparison = {
  name: 'train small',
  work: 'steps',
  network: 'small',
  batchSize: 64,
  flopPerImage: 25e6,
  contenders: [
    { ...measured('ours, compiled', 'ours', [0.5, 0.4, 1]), gflops: 5, shareOfPeak: 0.05 },
    measured('PyTorch', 'peer', [1, 1, 0.5]),
    measured('Keras', 'peer', [2, 2, 2]),
    { name: 'broken', family: 'peer', reason: 'not installed' },
  ],
  ratio: { ours: 'ours, compiled', peer: 'PyTorch', medianOfRatios: 2, ratioOfMedians: 2.5 },
  peak: { gflops: 100, best: '3x3', work: 'PyTorch alone', cases: { '3x3': [99, 100, 101] } },
};

export const result: BenchResult = {
  format: 'course-bench 1',
  task: 'train',
  date: '2026-01-01T00:00:00.000Z',
  command: 'npx course bench train',
  machine: { cpu: 'Abacus 9', cores: 4, memoryGB: 8, system: 'Linux 6 x64', node: '20.20.2' },
  threads: 2,
  seed: 1,
  quick: false,
  comparisons: [comparison],
};
