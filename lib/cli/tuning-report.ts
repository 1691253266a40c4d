import { writeFileAtomically } from '../atomic-file';
import { CourseError } from '../errors';
import { configOfBest, type TuningStudy, whyHopeless } from '../runs';
import type { FrozenTrial, Study } from '../tuning';
import { count, percent } from './format';
import { shortValue, TrialTable } from './trial-table';

/**
 * Shows what happens in the study, whoever writes it, until `end`. `say` sets what the line below the trials tells of the
 * workers, `note` prints a line of its own, `hopeless` aborts where the first trials all fail.
 */
export function watchStudy({ study, plan }: TuningStudy) {
  const table = new TrialTable(Object.keys(plan.space), plan.budget);
  const hopeless = new AbortController();
  const already = study.trials.length;
  let seen = study.record.finished.length;
  let crew = '';
  const look = () => {
    const trials = study.trials; // what others wrote, too
    const best = study.bestTrial;
    for (const trial of study.record.finished.slice(seen)) table.ended(trial, { best });
    seen = study.record.finished.length;
    const of = plan.trials === null ? '' : ` of ${plan.trials}`;
    const bestSoFar = best?.value === undefined ? '' : `, best ${percent(best.value)}`;
    table.running([...study.record.running], `${seen} trials${of}, ${crew}${bestSoFar}`);
    const reason = whyHopeless(trials.slice(already));
    if (reason) hopeless.abort(new CourseError(reason));
  };
  const timer = setInterval(look, 300);
  return {
    hopeless: hopeless.signal,
    say: (text: string) => {
      crew = text;
    },
    note: (text: string) => {
      table.erase();
      console.error(text);
    },
    end: () => {
      clearInterval(timer);
      look();
      table.erase();
    },
  };
}

/** The best trial, and how to train it in full. */
export async function reportBest({ study, plan }: TuningStudy, file: string): Promise<void> {
  const best = study.bestTrial;
  if (best?.value === undefined) return console.log('no trial is complete yet');
  console.log(summary(study, plan.budget.epochs));
  console.log(`best: trial ${best.number}, validation accuracy ${percent(best.value)}`);
  for (const [name, value] of Object.entries(best.params)) console.log(`  ${name} ${shortValue(value)}`);
  const place = `${file.replace(/\.log$/, '')}.best.json`;
  await writeFileAtomically(place, `${JSON.stringify(configOfBest(plan, best.params), null, 2)}\n`);
  console.log(`train it on all images: npx course train --config ${place}`);
}

function summary(study: Study, epochs: number): string {
  const { trials } = study;
  const number = (state: FrozenTrial['state']) => trials.filter((trial) => trial.state === state).length;
  const trained = trials.reduce(
    (sum, { state, intermediateValues }) => sum + (state === 'complete' ? epochs : intermediateValues.size),
    0,
  );
  const ended = number('complete') + number('pruned') + number('fail');
  return `${ended} trials: ${number('complete')} complete, ${number('pruned')} pruned, ${number('fail')} failed; ${count(trained)} epochs`;
}
