import type { EpochRecord, StepRecord } from '../training/history';
import { currentNotebook, type Notebook, type Output } from './notebook';
import { pngBundle, pngMetadata, stillBundle } from './show';
import { trainingCurvesFigure } from './training-curves';

export interface LiveTrainingOptions {
  /** How many epochs are planned. */
  readonly epochs: number;
  readonly title?: string;
  /** Least time between two updates of the line of text, in milliseconds; default 500. */
  readonly throttleMs?: number;
  /** Where the output goes; default the notebook that this process is the kernel of. */
  readonly notebook?: Notebook | null;
  /** The time in milliseconds; default `performance.now`. */
  readonly now?: () => number;
}

/** Callbacks for `train`, to be called in any order and number. */
export interface LiveTraining {
  readonly onStep: (record: Omit<StepRecord, 'epochs'>) => void;
  readonly onEpoch: (record: EpochRecord) => void;
  /** Puts the final curves in place, with the PNG that GitHub shows; to be awaited after training. */
  readonly done: () => Promise<void>;
}

/**
 * A line of text (replaced at most twice a second) and training curves (replaced after every epoch), as outputs of the
 * cell that trains:
 * `const live = liveTraining({ epochs: 3 }); await train(model, { ...live }); await live.done()`. In a plain script it
 * does nothing.
 */
export function liveTraining({
  epochs,
  title = 'Training',
  throttleMs = 500,
  notebook = currentNotebook(),
  now = () => performance.now(),
}: LiveTrainingOptions): LiveTraining {
  const history: EpochRecord[] = [];
  const text = lazyOutput(notebook);
  const curves = lazyOutput(notebook);
  let start: { readonly time: number; readonly share: number } | undefined;
  let lastUpdate = Number.NEGATIVE_INFINITY;

  const figure = () => trainingCurvesFigure(history, { title, epochs });
  // A picture after each epoch, drawn while the next one runs; of epochs that pass meanwhile only the last is drawn.
  let drawing: Promise<void> = Promise.resolve();
  let waiting = false;
  const draw = (): void => {
    if (waiting) return;
    waiting = true;
    drawing = drawing.then(async () => {
      waiting = false;
      const current = figure();
      curves(await stillBundle(current, { scale: 1 }), pngMetadata(current));
    });
    drawing.catch(() => undefined); // thrown by `done`, which awaits it
  };
  const write = (line: string): void => text({ 'text/plain': line });

  return {
    onStep: ({ epoch, step, steps, loss, imagesPerSecond }) => {
      const time = now();
      const share = (epoch - 1 + step / steps) / epochs;
      start ??= { time, share };
      if (time - lastUpdate < throttleMs) return;
      lastUpdate = time;
      const done = share - start.share;
      const left = done > 0 ? `, ETA ${duration(((time - start.time) * (1 - share)) / done)}` : '';
      write(
        `epoch ${epoch} of ${epochs}, step ${step}/${steps}, loss ${loss.toFixed(2)}, ${Math.round(imagesPerSecond)} images/s${left}`,
      );
    },
    onEpoch: (record) => {
      history.push(record);
      write(`epoch ${record.epoch} of ${epochs} done in ${duration(record.durationMs)}: ${summary(record)}`);
      if (notebook) draw();
    },
    done: async () => {
      const last = history.at(-1);
      if (!last || !notebook) return;
      const trainingMs = history.reduce((sum, { durationMs }) => sum + durationMs, 0);
      write(
        `${history.length} ${history.length === 1 ? 'epoch' : 'epochs'} in ${duration(trainingMs)}: ${summary(last)}`,
      );
      await drawing;
      curves(await pngBundle(figure()), pngMetadata(figure()));
    },
  };
}

/** An output that takes its place in the cell when it is first written to. */
function lazyOutput(notebook: Notebook | null): Output {
  let output: Output | undefined;
  return (bundle, metadata) => {
    output ??= notebook?.output();
    output?.(bundle, metadata);
  };
}

function summary({ loss, accuracy, validationLoss, validationAccuracy }: EpochRecord): string {
  const train = `loss ${loss.toFixed(3)}, accuracy ${percent(accuracy)}`;
  if (validationLoss === undefined || validationAccuracy === undefined) return train;
  return `${train}, validation loss ${validationLoss.toFixed(3)}, validation accuracy ${percent(validationAccuracy)}`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** Such as `45 s`, `2 min 10 s`, `1 h 5 min`. */
function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}
