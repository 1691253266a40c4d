import type { FrozenTrial } from '../tuning';
import { currentNotebook, type Notebook, type Output } from './notebook';
import type { StudyResults } from './optimization-history-figure';
import { type Row, tableBundle } from './table';

export interface LiveTrialsOptions {
  /** How many trials are planned, for the caption. */
  readonly trials?: number;
  /** The value of a trial as it is shown; default with four digits that count. */
  readonly format?: (value: number) => string;
  /** So many of the last trials are shown; default 20. */
  readonly rows?: number;
  /** Where the output goes; default the notebook that this process is the kernel of. */
  readonly notebook?: Notebook | null;
}

/**
 * A table of the study's trials, replaced after every trial, as an output of the cell that tunes:
 * `await study.optimize(objective, { trials: 20, onTrial: liveTrials(study, { trials: 20 }) })`. In a plain script it does
 * nothing.
 */
export function liveTrials(
  study: StudyResults,
  {
    trials: planned,
    format = (value) => String(Number(value.toPrecision(4))),
    rows = 20,
    notebook = currentNotebook(),
  }: LiveTrialsOptions = {},
): (trial: FrozenTrial) => void {
  let output: Output | undefined;
  return () => {
    if (!notebook) return;
    output ??= notebook.output();
    const { name, direction } = study;
    const ended = study.trials.filter(({ endedAt }) => endedAt !== undefined);
    const sign = direction === 'maximize' ? -1 : 1;
    const [best] = ended
      .filter(({ state }) => state === 'complete')
      .sort((a, b) => sign * (Number(a.value) - Number(b.value)));
    const of = planned === undefined ? '' : ` of ${planned}`;
    const caption = `${name}: ${ended.length}${of} trials${best ? `, best ${format(Number(best.value))}` : ''}`;
    const names = new Set(ended.flatMap(({ params }) => Object.keys(params)));
    const shown = ended.slice(-rows).map((trial) => rowOf(trial, { names, best, format }));
    output(tableBundle(shown, { caption }));
  };
}

function rowOf(
  trial: FrozenTrial,
  {
    names,
    best,
    format,
  }: {
    readonly names: ReadonlySet<string>;
    readonly best: FrozenTrial | undefined;
    readonly format: (value: number) => string;
  },
): Row {
  const { number, state, value, params, startedAt, endedAt } = trial;
  return {
    trial: number,
    state: best?.number === number ? 'best' : state,
    value: value === undefined ? '–' : format(value),
    ...Object.fromEntries([...names].map((name) => [name, paramText(params[name])])),
    seconds: startedAt && endedAt ? ((endedAt.getTime() - startedAt.getTime()) / 1000).toFixed(1) : '–',
  };
}

function paramText(value: FrozenTrial['params'][string] | undefined): string {
  if (value === undefined) return '–';
  return String(typeof value === 'number' ? Number(value.toPrecision(3)) : value);
}
