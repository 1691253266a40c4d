import type { Progress } from '../progress';

const width = 24;

/**
 * Draws the reports of a long job on standard error: a bar that redraws itself on a terminal, a line at every
 * tenth of a download elsewhere. Call `end` when the job ends, also when it fails.
 */
export class ProgressBar {
  private started = 0;
  private label = '';
  private tenth = -1;
  private drawnAt = 0;

  readonly update = ({ label, done, total, unit }: Progress): void => {
    const now = performance.now();
    const share = total ? Math.min(1, done / total) : 0;
    if (this.started === 0) this.started = now;
    const amount = unit === 'bytes' ? `${(done / 1e6).toFixed(1)} MB` : `${done}/${total ?? '?'} ${unit}`;
    if (!process.stderr.isTTY) {
      const tenth = Math.floor(share * 10);
      // Downloads alone: a log file need not hold more.
      if (tenth !== this.tenth && total && unit === 'bytes') process.stderr.write(`${label}: ${amount}\n`);
      this.tenth = tenth;
      return;
    }
    if (now - this.drawnAt < 100 && share < 1) return;
    this.drawnAt = now;
    this.label = label;
    const remaining = share > 0 ? ((now - this.started) / share) * (1 - share) : 0;
    const bar = '#'.repeat(Math.round(share * width)).padEnd(width, '-');
    process.stderr.write(`\r\x1b[K${bar} ${amount}  ${label}  ETA ${duration(remaining)}`);
  };

  readonly end = (): void => {
    if (this.label) process.stderr.write('\r\x1b[K');
    this.started = 0;
    this.label = '';
    this.tenth = -1;
  };
}

/** Such as `2 min 10 s`. */
export function duration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
