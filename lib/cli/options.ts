import { join } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { courseRoot, dataFolder } from '../paths';

/** The command as it was typed, to be kept with what it made. */
export function commandLine(): string {
  return ['npx course', ...process.argv.slice(2)].join(' ');
}

/** Where `course train` keeps its runs. */
export function runsFolder(): string {
  return join(dataFolder(), 'runs');
}

/** The newest finished run on `dataset`, else the model that comes with the course. */
export async function defaultModelFolder(dataset: string): Promise<string> {
  const { listRuns } = await import('../runs/index.js'); // brings the training along, which not every command needs
  const finished = (await listRuns(runsFolder())).filter(
    ({ config, result }) => result && config.dataset === dataset,
  );
  const dates = finished.map(({ folder, environment }) => ({ folder, date: environment?.date ?? '' }));
  const [newest] = dates.sort((a, b) => (a.date < b.date ? 1 : -1));
  return newest?.folder ?? join(courseRoot(), 'data', 'pretrained', `airbench-${dataset}`);
}

/** Parses an option such as `--epochs 10`: a whole number of at least 1. */
export function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError('expected a whole number above 0.');
  return value;
}

/** Parses an option such as `--learning-rate 0.001`: a number above 0. */
export function positiveNumber(text: string): number {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value))) throw new InvalidArgumentError('expected a number above 0.');
  return value;
}
