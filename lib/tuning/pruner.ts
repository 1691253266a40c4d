import type { Json } from './json';
import type { StudyRecord, TrialRecord } from './records';

/** Whether to stop a trial, and what to note in its system attributes. */
export interface PruningDecision {
  readonly prune: boolean;
  readonly systemAttrs?: Readonly<Record<string, Json>>;
}

/** Stops trials that look worse than others did. */
export interface Pruner {
  readonly name: string;
  decide(study: StudyRecord, trial: TrialRecord): PruningDecision;
}

/** Stops nothing. */
export function noPruner(): Pruner {
  return { name: 'none', decide: () => ({ prune: false }) };
}

/** Throws a RangeError unless every option is a whole number of at least its minimum. */
export function checkWhole(options: Readonly<Record<string, number>>, minimum: number): void {
  for (const [name, value] of Object.entries(options)) {
    if (!(Number.isInteger(value) && value >= minimum)) {
      throw new RangeError(`${name}: expected a whole number of at least ${minimum}, got ${value}`);
    }
  }
}
