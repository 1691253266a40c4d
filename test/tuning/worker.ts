/* A worker of workers.test.ts: node -r ts-node/register worker.ts FILE OPTIONS, by `fork`. Begins when told to. */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { createStudy, journalStorage } from '../../lib/tuning';

async function main(): Promise<void> {
  const [file, options] = process.argv.slice(2);
  const { totalTrials, stepMs }: { totalTrials: number; stepMs: number } = JSON.parse(options);
  process.send?.('ready');
  await once(process, 'message');
  const study = createStudy({ storage: journalStorage(file) });
  await study.optimize(
    async (trial) => {
      const x = trial.suggestFloat('x', { low: 0, high: 1 });
      process.send?.(trial.number);
      for (let step = 0; step < 3; step++) {
        await sleep(stepMs);
        trial.report(x, { step });
      }
      return x;
    },
    { totalTrials },
  );
  process.disconnect();
}

void main();
