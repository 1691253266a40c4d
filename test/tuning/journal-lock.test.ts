import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { withJournalLock } from '../../lib/tuning/journal-lock';

describe('the lock of a journal', () => {
  let folder: string;
  let journal: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lock-'));
    journal = join(folder, 'study.log');
    writeFileSync(journal, '');
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  /** How long it took to get the lock. */
  function waited(graceMs?: number): number {
    const begin = performance.now();
    return withJournalLock(journal, () => performance.now() - begin, { graceMs });
  }

  it('is a file beside it while the work runs, and gone afterwards, also when the work throws', () => {
    const answer = withJournalLock(journal, () => {
      assert.ok(existsSync(`${journal}.lock`));
      return 42;
    });
    assert.equal(answer, 42);
    const work = (): never => {
      throw new Error('no');
    };
    assert.throws(() => withJournalLock(journal, work), /^Error: no$/);
    assert.deepEqual(readdirSync(folder), ['study.log']);
  });

  it("respects Optuna's link, and takes it over after the grace", () => {
    symlinkSync(journal, `${journal}.lock`); // as JournalFileSymlinkLock does
    assert.ok(waited(200) >= 200);
    assert.deepEqual(readdirSync(folder), ['study.log']);
  });

  it('takes over a link that leads nowhere as well', () => {
    symlinkSync('elsewhere/study.log', `${journal}.lock`); // Optuna's, for a journal given by a relative path
    assert.ok(waited(100) >= 100);
    assert.deepEqual(readdirSync(folder), ['study.log']);
  });

  it('takes over the lock of a process of this machine that is gone, without the grace', () => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    writeFileSync(`${journal}.lock`, JSON.stringify({ host: hostname(), pid }));
    waited(3_600_000); // else this test would never end
    assert.deepEqual(readdirSync(folder), ['study.log']);
  });

  it('takes a process that has the number of an earlier one for another', function () {
    if (process.platform !== 'linux') this.skip();
    writeFileSync(`${journal}.lock`, JSON.stringify({ host: hostname(), pid: process.pid, began: '1' }));
    waited(3_600_000);
  });

  it('gives a live process, and one of another machine, the grace', () => {
    for (const holder of [
      { host: hostname(), pid: process.ppid },
      { host: 'elsewhere', pid: 1 },
      'nonsense',
    ]) {
      writeFileSync(`${journal}.lock`, JSON.stringify(holder));
      assert.ok(waited(150) >= 150);
    }
  });

  it('leaves the lock of another in place that took it over', () => {
    withJournalLock(journal, () => writeFileSync(`${journal}.lock`, 'taken over'));
    assert.equal(readFileSync(`${journal}.lock`, 'utf8'), 'taken over');
  });

  it('says that the folder allows no lock file', function () {
    if (process.platform === 'win32') this.skip();
    chmodSync(folder, 0o555);
    const script = `
      const { withJournalLock } = require(${JSON.stringify(join(__dirname, '../../lib/tuning/journal-lock'))});
      if (process.getuid() === 0) process.setuid(65534); // nothing is forbidden to root
      try { withJournalLock(${JSON.stringify(journal)}, () => {}); } catch (error) { console.log(error.name + ': ' + error.message); }`;
    try {
      const { stdout } = spawnSync(process.execPath, ['-r', 'ts-node/register', '-e', script], {
        encoding: 'utf8',
      });
      assert.equal(
        stdout.trim(),
        `CourseError: ${journal}.lock: cannot make this lock file (EACCES); allow writing in ${folder} or choose another place`,
      );
    } finally {
      chmodSync(folder, 0o755);
    }
  });
});
