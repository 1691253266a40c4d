import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeAutograder } from '../../../lib/grading/class/autograder';
import { courseRoot } from '../../../lib/paths';
import { makeFolder } from './fakes';

const scripts = join(courseRoot(), 'lib', 'grading', 'class', 'autograder');

describe('writeAutograder', () => {
  let made: ReturnType<typeof makeFolder>;
  let root: string;
  beforeEach(() => {
    made = makeFolder({
      'course/solutions/01-a.ts': '',
      'course/data/benchmarks/train.json': '{}',
      'course/data/README.md': '',
      'course/node_modules/x/index.js': '',
      'course/.gitignore': 'node_modules/\n',
      'course/lib/grading/class/autograder/setup.sh': readFileSync(join(scripts, 'setup.sh'), 'utf8'),
      'course/lib/grading/class/autograder/run_autograder': readFileSync(
        join(scripts, 'run_autograder'),
        'utf8',
      ),
    });
    root = join(made.folder, 'course');
    execFileSync('git', ['init', '--quiet', root]);
  });
  afterEach(() => made.remove());

  it('writes the scripts and the course, without packages and recorded results', async () => {
    const zip = join(made.folder, 'zip');
    await writeAutograder(zip, { root });
    assert.ok(existsSync(join(zip, 'course', 'solutions', '01-a.ts')));
    assert.ok(existsSync(join(zip, 'course', 'data', 'README.md')));
    for (const gone of ['node_modules', 'data/benchmarks', '.git']) {
      assert.ok(!existsSync(join(zip, 'course', gone)), gone);
    }
    for (const script of ['setup.sh', 'run_autograder']) {
      assert.equal(statSync(join(zip, script)).mode & 0o111, 0o111);
    }
    await assert.rejects(
      writeAutograder(zip, { root }),
      /^CourseError: .*expected a new or empty folder, got 3 files/,
    );
  });
});

describe('run_autograder', () => {
  let made: ReturnType<typeof makeFolder>;
  afterEach(() => made.remove());

  /** Runs the script as Gradescope does, with another program in place of the command line. */
  const run = (program: string) => {
    made = makeFolder({ 'source/course/lib/bin.js': program, 'results/results.json': 'old' });
    mkdirSync(join(made.folder, 'submission'));
    writeFileSync(join(made.folder, 'submission', 'x.ipynb'), '{}');
    const env = { ...process.env, AUTOGRADER: made.folder };
    return spawnSync('bash', [join(scripts, 'run_autograder')], { env, encoding: 'utf8' });
  };

  it('grades what was submitted into results.json', () => {
    const program = "require('fs').writeFileSync(process.argv[5], JSON.stringify(process.argv.slice(2)))";
    assert.equal(run(program).status, 0);
    const results = join(made.folder, 'results', 'results.json');
    const submission = join(made.folder, 'submission');
    assert.deepEqual(JSON.parse(readFileSync(results, 'utf8')), ['grade', submission, '--results', results]);
  });

  it('fails without results where grading fails', () => {
    assert.equal(run('process.exitCode = 1').status, 1);
    assert.ok(!existsSync(join(made.folder, 'results', 'results.json')));
  });
});

describe('setup.sh', () => {
  it("finds Node's archive in the list of checksums", () => {
    const line = readFileSync(join(scripts, 'setup.sh'), 'utf8')
      .split('\n')
      .find((one) => one.startsWith('archive='));
    const sums = ['linux-x64.tar.gz', 'linux-x64.tar.xz', 'linux-arm64.tar.xz', 'linux-x64-musl.tar.xz']
      .map((end) => `${'0f'.repeat(32)}  node-v22.1.0-${end}\n`)
      .join('');
    const { folder, remove } = makeFolder({ 'SHASUMS256.txt': sums });
    const found = spawnSync('bash', ['-c', `arch=x64; ${line}; echo "$archive"`], {
      cwd: folder,
      encoding: 'utf8',
    });
    remove();
    assert.equal(found.stdout, 'node-v22.1.0-linux-x64.tar.xz\n');
  });
});
