import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';

const load = () => import('../../lib/setup/report.mjs');

type Step = Parameters<ReturnType<Awaited<ReturnType<typeof load>>['createReport']>['step']>[0];

describe('the report of the set-up', () => {
  /** What the steps print, with durations made equal. */
  async function printed(options: { quiet?: boolean }, ...steps: Step[]): Promise<string[]> {
    const { createReport } = await load();
    const stream = new PassThrough();
    const report = createReport({ ...options, stream });
    for (const step of steps) await report.step(step).catch((error: Error) => report.say(error.message));
    stream.end();
    const text = stream.read()?.toString() ?? '';
    return text
      .replace(/ +\d+\.\d s/g, ' T')
      .split('\n')
      .slice(0, -1);
  }

  const done = {
    name: 'done',
    why: '',
    fresh: () => ({ detail: 'is there' }),
    work: () => assert.fail('it worked'),
  };
  const todo = {
    name: 'todo',
    why: 'for a reason',
    fresh: () => undefined,
    work: async () => ({ detail: 'made' }),
  };

  it('gives a line a step, and does not do what is done', async () => {
    assert.deepEqual(await printed({}, done, todo), [
      '✓ done T  is there',
      '… todo: for a reason',
      '✓ todo T  made',
    ]);
  });

  it('says nothing of what is done when quiet', async () => {
    assert.deepEqual(await printed({ quiet: true }, done), []);
    assert.equal((await printed({ quiet: true }, todo)).at(-1), '✓ todo T  made');
  });

  it('marks a step that could not do all, with the remedy, and one that failed', async () => {
    const half = { ...todo, work: async () => ({ detail: 'not available', warning: 'Install g++.' }) };
    assert.deepEqual((await printed({}, half)).slice(1), ['! todo T  not available', '  Install g++.']);
    const failing = {
      ...todo,
      work: async () => {
        throw new Error('no disk');
      },
    };
    assert.deepEqual((await printed({}, failing)).slice(1), ['✗ todo T  failed', 'no disk']);
  });
});
