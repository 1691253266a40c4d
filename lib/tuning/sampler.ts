import type { Random } from '../random';
import type { Distribution } from './distributions';
import type { Params } from './frozen-trial';
import type { StudyRecord, TrialRecord } from './records';

/** What a sampler may look at. */
export interface SamplingContext {
  readonly study: StudyRecord;
  readonly trial: TrialRecord;
  /** Belongs to this trial and this draw: it is the same in a resumed study. */
  readonly random: Random;
}

/** Chooses the parameters of trials. Inner values throughout: numbers, or indices of choices. */
export interface Sampler {
  readonly name: string;
  /** Settles a new trial's parameters before it starts; `finished` where there is nothing left to try. */
  plan?(study: StudyRecord): Params | 'finished';
  /** Chooses several parameters together, before the first one is asked for. */
  sampleTogether?(context: SamplingContext): readonly Suggestion[];
  /** Chooses one parameter that nothing else chose. */
  sample(context: SamplingContext, name: string, distribution: Distribution): number;
}

export interface Suggestion {
  readonly name: string;
  readonly distribution: Distribution;
  readonly value: number;
}
