import { type FrozenTrial, lastReport, type Params } from '../tuning';
import { percent } from './format';

/** Most lines of running trials below the table. */
const mostRunning = 8;

/**
 * The trials of a study as lines: each that ended stays, on standard output; on a terminal those that run stand below
 * them, on standard error, and change. Values are accuracies.
 */
export class TrialTable {
  private drawn = 0;
  private titled = false;

  /** `names` are the parameters, in the order of their columns. */
  constructor(
    private readonly names: readonly string[],
    private readonly options: { readonly epochs: number; readonly live?: boolean } = { epochs: 1 },
  ) {}

  ended(trial: FrozenTrial, { best }: { readonly best?: FrozenTrial } = {}): void {
    this.erase();
    if (!this.titled) console.log(this.line(['trial', 'state', 'accuracy', 'epochs', 'seconds'], this.names));
    this.titled = true;
    const mark = best?.number === trial.number ? '  best so far' : '';
    console.log(this.line(this.cellsOf(trial), this.valuesOf(trial.params)) + mark);
    const reason = trial.systemAttrs.fail_reason;
    if (trial.state === 'fail' && reason) console.log(`       ${reason}`);
  }

  /** Redraws the trials that run, and one line of text. */
  running(trials: readonly FrozenTrial[], text: string): void {
    if (!(this.options.live ?? process.stderr.isTTY)) return;
    this.erase();
    const lines = trials
      .slice(0, mostRunning)
      .map((trial) => this.line(this.cellsOf(trial), this.valuesOf(trial.params)));
    const width = (process.stderr.columns ?? 80) - 1;
    const all = [...lines, text].map((line) => line.slice(0, width));
    process.stderr.write(`${all.join('\n')}\n`);
    this.drawn = all.length;
  }

  /** Takes away what `running` drew. */
  erase(): void {
    if (this.drawn > 0) process.stderr.write(`\x1b[${this.drawn}A\x1b[J`);
    this.drawn = 0;
  }

  private cellsOf(trial: FrozenTrial): string[] {
    const { number, state, value, startedAt, endedAt, intermediateValues } = trial;
    const accuracy = value ?? lastReport(trial)?.value;
    // the last epoch is not reported, it is the value
    const epochs = state === 'complete' ? this.options.epochs : intermediateValues.size;
    const seconds = startedAt ? ((endedAt?.getTime() ?? Date.now()) - startedAt.getTime()) / 1000 : undefined;
    return [
      String(number),
      state === 'fail' ? 'failed' : state,
      accuracy === undefined || Number.isNaN(accuracy) ? '-' : percent(accuracy),
      String(epochs),
      seconds?.toFixed(1) ?? '-',
    ];
  }

  private valuesOf(params: Params): string[] {
    return this.names.map((name) => (name in params ? shortValue(params[name]) : '-'));
  }

  private line(cells: readonly string[], values: readonly string[]): string {
    const [number, state, ...rest] = cells;
    const left = `${number.padStart(5)}  ${state.padEnd(8)}  ${rest.map((cell) => cell.padStart(8)).join('  ')}`;
    const right = values.map((value, i) => value.padStart(Math.max(8, this.names[i].length)));
    return [left, ...right].join('  ');
  }
}

/** A number with three digits that count, anything else as it is. */
export function shortValue(value: Params[string]): string {
  return typeof value === 'number' ? String(Number(value.toPrecision(3))) : String(value);
}
