import { type BenchResult, type Comparison, isMeasured, type MeasuredContender } from './result';

/** The whole result as text for a terminal. */
export function renderResult(result: BenchResult): string {
  const { machine, threads, date, quick } = result;
  const head = [
    `${machine.cpu}, ${threads} of ${machine.cores} cores, ${machine.memoryGB} GB, ${machine.system}, Node ${machine.node}; ${date}`,
    ...(quick ? ['quick: short rounds, which favour no one but vary more'] : []),
  ];
  return [...head, ...result.comparisons.flatMap((comparison) => ['', renderComparison(comparison)])].join(
    '\n',
  );
}

/** One comparison: a title, a row a contender, then the ratio and what the peak is. */
export function renderComparison(comparison: Comparison): string {
  const { name, work, flopPerImage, contenders, ratio, peak } = comparison;
  const flop = flopPerImage ? `; ${(flopPerImage / 1e9).toPrecision(3)} GFLOP an image` : '';
  const measured = contenders.filter(isMeasured);
  const shown = [
    ...['', 'images/s', 'min - max', 'n'],
    ...(flopPerImage ? ['GFLOP/s'] : []),
    ...(flopPerImage && peak ? ['of peak'] : []),
    ...(measured.some(({ peakMB }) => peakMB !== undefined) ? ['peak MB'] : []),
  ];
  const rows = [
    shown,
    ...measured.map((contender) => {
      const cells = cellsOf(contender);
      return shown.map((column) => cells[column]);
    }),
  ];
  const widths = shown.map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  widths[0] = Math.max(...contenders.map((contender) => contender.name.length));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column])))
      .join('  ')
      .trimEnd();
  const lines = [
    `${name}: ${work}${flop}`,
    ...rows.map(line),
    ...contenders.flatMap((contender) =>
      isMeasured(contender) ? [] : [`${contender.name.padEnd(widths[0])}  - ${contender.reason}`],
    ),
  ];
  if (ratio) {
    lines.push(
      `${ratio.ours} / ${ratio.peer}: ${ratio.medianOfRatios.toFixed(2)} (median of the rounds' ratios), ` +
        `${ratio.ratioOfMedians.toFixed(2)} (ratio of the medians)`,
    );
  }
  if (peak) lines.push(`peak: ${Math.round(peak.gflops)} GFLOP/s, ${peak.work}: ${peak.best}`);
  return lines.join('\n');
}

function cellsOf(contender: MeasuredContender): Readonly<Record<string, string>> {
  const { name, imagesPerSecond, gflops, shareOfPeak, peakMB } = contender;
  const { median, min, max, n } = imagesPerSecond;
  return {
    '': name,
    'images/s': count(median),
    'min - max': `${count(min)} - ${count(max)}`,
    n: String(n),
    'GFLOP/s': gflops === undefined ? '' : gflops.toPrecision(3),
    'of peak': shareOfPeak === undefined ? '' : `${Math.round(shareOfPeak * 100)} %`,
    'peak MB': peakMB === undefined ? '' : count(peakMB),
  };
}

/** Whole images, or one digit after the point where there are few: 12,345 and 8.3. */
function count(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: value < 20 ? 1 : 0 });
}
