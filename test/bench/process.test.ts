import assert from 'node:assert/strict';
import { ContenderProcess, type Program } from '../../lib/bench/process';
import { fake } from './fakes';

const timeoutMs = 5000;

/** The reason why a contender cannot do one round. */
async function reasonOf(program: Program, { roundMs = timeoutMs } = {}): Promise<string> {
  const contender = new ContenderProcess(program);
  try {
    await contender.ready({ timeoutMs });
    await contender.round(1, { timeoutMs: roundMs });
  } catch (error) {
    return (error as Error).message;
  } finally {
    await contender.stop();
  }
  return assert.fail('it did a round');
}

const script = (code: string): Program => ({ command: process.execPath, args: ['-e', code] });

describe('ContenderProcess', () => {
  it('hears that a contender is ready and lets it do rounds', async () => {
    const program = fake('say({ images: 64 * round, seconds: 0.5, loss: 2.3 })', {
      first: { ready: true, versions: { torch: '2' }, settings: { threads: '2' }, parameters: 7 },
    });
    const contender = new ContenderProcess(program);
    assert.deepEqual(await contender.ready({ timeoutMs }), {
      ready: true,
      versions: { torch: '2' },
      settings: { threads: '2' },
      parameters: 7,
    });
    assert.deepEqual(await contender.round(1, { timeoutMs }), { images: 64, seconds: 0.5, loss: 2.3 });
    assert.equal((await contender.round(3, { timeoutMs })).images, 192);
    await contender.stop();
  });

  it('gives the environment on', async () => {
    const program = fake('say({ images: Number(process.env.IMAGES), seconds: 1 })');
    const contender = new ContenderProcess({ ...program, env: { IMAGES: '12' } });
    await contender.ready({ timeoutMs });
    assert.equal((await contender.round(1, { timeoutMs })).images, 12);
    await contender.stop();
  });

  it('tells why one ended before it was ready', async () => {
    assert.equal(
      await reasonOf(
        script(
          'console.error("Traceback\\nModuleNotFoundError: No module named \'torch\'\\n"); process.exit(1)',
        ),
      ),
      "ModuleNotFoundError: No module named 'torch'",
    );
    assert.equal(await reasonOf(script('process.exit(3)')), 'ended with code 3');
    assert.match(await reasonOf({ command: '/no/such/python', args: [] }), /cannot be started .*ENOENT/);
  });

  it('tells why one ended in a round', async () => {
    assert.equal(await reasonOf(fake("throw new RangeError('out of memory')")), 'RangeError: out of memory');
    assert.equal(await reasonOf(fake("process.kill(process.pid, 'SIGKILL')")), 'ended by SIGKILL');
    assert.equal(
      await reasonOf(
        fake("console.error('step 3'); setTimeout(() => process.kill(process.pid, 'SIGKILL'), 50)"),
      ),
      'ended by SIGKILL; step 3',
    );
  });

  it('ends one that is silent', async () => {
    assert.equal(await reasonOf(fake(''), { roundMs: 100 }), 'no answer within 0.1 s');
  });

  it('ends one that prints anything but its answers', async () => {
    const garbage = 'expected one JSON object a line, got: Epoch 1/5';
    assert.equal(await reasonOf(script("console.log('Epoch 1/5'); setInterval(() => {}, 1000)")), garbage);
    assert.equal(await reasonOf(fake("console.log('Epoch 1/5')")), garbage);
    assert.equal(await reasonOf(fake("console.log('5')")), 'expected one JSON object a line, got: 5');
    assert.match(await reasonOf(fake('say({ images: 0, seconds: 1 })')), /images and seconds above 0/);
    assert.match(await reasonOf(fake('', { first: { images: 1 } })), /does not say that it is ready/);
  });

  it('stops one that does not end with its input', async () => {
    const contender = new ContenderProcess(
      fake("setInterval(() => {}, 1000); process.on('SIGTERM', () => {}); say({ images: 1, seconds: 1 })"),
    );
    await contender.ready({ timeoutMs });
    await contender.round(1, { timeoutMs });
    const start = performance.now();
    await contender.stop({ graceMs: 100 });
    assert.ok(performance.now() - start < 3000);
  });
});
