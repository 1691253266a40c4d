import { join } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { dataFolder } from '../paths';

/** Where `course train` leaves a model unless told otherwise, and where the other commands look for it. */
export function runFolder(model: string, dataset: string): string {
  return join(dataFolder(), 'runs', `${model}-${dataset}`);
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
