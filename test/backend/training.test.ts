import assert from 'node:assert/strict';
import { builtNativeFolder } from '../../lib/backend';
import { runApart, softwareDriver } from './apart';

interface Losses {
  readonly device: string;
  readonly momentum: number[];
  readonly adam: number[];
}

// Float32 holds 1.2e-7 of a number. Each loss is what sums of 10 to 300 such numbers in another order leave of that
// after up to five steps; 1e-5 leaves room for other processors, and 1 % more learning rate already makes 4e-3.
const tolerance = 1e-5;

describe('a small network learns as on plain JavaScript, by momentum and by Adam', function () {
  this.timeout(180_000);

  let expected: Losses;
  before(async () => {
    expected = await runApart('train-small.ts', { COURSE_BACKEND: 'cpu' });
  });

  async function assertSameLosses(
    test: Mocha.Runnable | undefined,
    backend: string,
    env?: NodeJS.ProcessEnv,
  ) {
    const found = await runApart<Losses>('train-small.ts', { COURSE_BACKEND: backend, ...env });
    const differences = (['momentum', 'adam'] as const).flatMap((optimizer) => {
      assert.equal(expected[optimizer].length, 5);
      return expected[optimizer].map((loss, step) => Math.abs(found[optimizer][step] / loss - 1));
    });
    const largest = Math.max(...differences);
    if (test) test.title += ` (${found.device}: losses within ${largest.toExponential(1)})`;
    assert.ok(largest <= tolerance, `the losses differ by ${largest}: ${JSON.stringify([expected, found])}`);
  }

  it('on wasm', function () {
    return assertSameLosses(this.test, 'wasm', { COURSE_WASM_THREADS: '2' });
  });

  it(`on webgpu${softwareDriver.missing}`, function () {
    if (!softwareDriver.env) return this.skip();
    return assertSameLosses(this.test, 'webgpu', softwareDriver.env);
  });

  it(builtNativeFolder() ? 'on native' : 'on native (left out, it is not built: npm run setup)', function () {
    if (!builtNativeFolder()) return this.skip();
    return assertSameLosses(this.test, 'native');
  });
});
