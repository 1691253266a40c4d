import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Outcome, QuestionGrade } from '../../../lib/grading/grades';
import { formatNotebook } from '../../../lib/grading/nbformat';
import { sandboxProblem } from '../../../lib/grading/sandbox/bubblewrap';
import { courseRoot } from '../../../lib/paths';
import { makeMiniCourse, notebookOf } from '../../helpers/mini-course';

/**
 * The built library, as `npx course grade` uses it: each answer has a process of its own, and to compile the library in each
 * would take minutes. Answers import it from there in any case.
 */
const { gradeSubmission } = require(
  join(courseRoot(), 'lib', 'dist', 'grading', 'sandbox', 'grade-submission.js'),
) as typeof import('../../../lib/grading/sandbox/grade-submission');

/** What is asked for: a sum, a list of numbers, settings, a tensor, a network. */
const tests = {
  add: `
    it('adds', async () => assert.equal(await answers().add(2, 3), 5));
    hidden(() => it('adds others', async () => assert.equal(await answers().add(20, 22), 42)));`,
  list: `
    it('gives 1 to 3', () => assertClose(answers().list(), [1, 2, 3]));
    hidden(() => it('gives them again', () => assert.deepEqual(answers().list(), [1, 2, 3])));`,
  settings: `
    it('has a size', () => assert.equal(answers().settings().size, 3));
    hidden(() => it('has nothing else', () => assert.deepEqual(answers().settings(), { size: 3 })));`,
  tensor: `
    it('is all ones', () => assert.deepEqual([...tf.tidy(() => tf.add(answers().ones(), 0)).dataSync()], [1, 1]));`,
  network: `
    it('is small', () => assert.ok(answers().network().countParams() < 10));
    hidden(() => it('says 0', () => assert.equal(answers().network().predict(tf.ones([1, 4])).dataSync()[0], 0)));`,
} as const;

interface Cheat {
  readonly name: string;
  readonly asks?: keyof typeof tests;
  readonly code: string;
  /** Outcome of the first test. */
  readonly outcome: Outcome;
  /** What the reason says. */
  readonly says?: RegExp;
}

const wrong = 'function add(a, b) { return a - b; }';

function cheats({ root, port }: { readonly root: string; readonly port: number }): readonly Cheat[] {
  return [
    {
      name: 'overwriting assert',
      code: `import assert from 'node:assert/strict';
        for (const name of Object.keys(assert)) assert[name] = () => undefined;
        ${wrong}`,
      outcome: 'wrong value',
      says: /expected 5, got -1/,
    },
    {
      name: 'overwriting the globals of mocha',
      code: `for (const name of ['it', 'describe', 'before', 'question']) globalThis[name] = () => undefined;
        globalThis.mocha = { run: (done) => done(0) };
        ${wrong}`,
      outcome: 'wrong value',
    },
    {
      name: 'ending the process',
      code: 'function add() { process.exit(0); }',
      outcome: 'exception',
      says: /ended its process \(exit code 0\)/,
    },
    {
      name: 'ending the process while it loads',
      code: `process.reallyExit(0); ${wrong}`,
      outcome: 'exception',
      says: /ended its process \(exit code 0\)/,
    },
    {
      name: 'ending the process of the tests',
      code: `function add() { for (let pid = 1; pid < 5; pid++) if (pid !== process.pid) process.kill(pid, 'SIGKILL'); }`,
      outcome: 'exception',
    },
    {
      name: 'writing a results file',
      code: `import { writeFileSync } from 'node:fs';
        function add() {
          try { writeFileSync('${root}/results.json', '{"score": 100}'); } catch {}
          writeFileSync('/results.json', '{"score": 100}');
        }`,
      outcome: 'exception',
      says: /read-only/,
    },
    {
      name: 'reading the tests',
      code: `import { readFileSync } from 'node:fs';
        function add(a, b) {
          const text = readFileSync('${root}/test/chapters/08-cheats.test.ts', 'utf8');
          return Number(text.split('add(' + a + ', ' + b + '), ')[1].split(')')[0]);
        }`,
      outcome: 'exception',
      says: /ENOENT/,
    },
    {
      name: 'reading the solution',
      code: `import { readFileSync } from 'node:fs';
        const text = readFileSync('${root}/solutions/08-cheats.ts', 'utf8');
        const add = new Function('a', 'b', text.match(/return a \\+ b/)[0]);`,
      outcome: 'exception',
      says: /ENOENT/,
    },
    {
      name: 'reading what belongs to other processes',
      code: `import { readdirSync, readFileSync } from 'node:fs';
        function add() {
          const seen = readdirSync('/proc').filter((name) => /^\\d+$/.test(name));
          return seen.map((pid) => readFileSync('/proc/' + pid + '/cmdline', 'utf8')).join().includes('mocha') ? 5 : seen.length;
        }`,
      outcome: 'wrong value',
      says: /got [23]$/,
    },
    {
      name: 'reading environment variables',
      code: 'function add() { return Number(process.env.COURSE_EXPECTED); }',
      outcome: 'wrong value',
      says: /got NaN/,
    },
    {
      name: 'a process that outlives the test',
      code: `import { spawn } from 'node:child_process';
        function add() {
          const options = { detached: true, stdio: 'ignore' };
          spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', 'outliving'], options).unref();
          return 0;
        }`,
      outcome: 'wrong value',
    },
    { name: 'an endless loop', code: 'function add() { for (;;); }', outcome: 'timeout' },
    {
      name: 'an endless loop while it loads',
      code: `for (;;); ${wrong}`,
      outcome: 'timeout',
    },
    {
      name: 'a promise that never settles',
      code: 'function add() { return new Promise(() => undefined); }',
      outcome: 'timeout',
    },
    {
      name: 'a memory bomb of objects',
      code: 'function add() { const all = []; for (;;) all.push({ a: [1, 2, 3] }); }',
      outcome: 'out of memory',
    },
    {
      name: 'a memory bomb of bytes',
      code: 'function add() { const all = []; for (;;) all.push(Buffer.alloc(2 ** 24, 1)); }',
      outcome: 'out of memory',
    },
    {
      name: 'a fork bomb',
      code: `import { spawn } from 'node:child_process';
        const bomb = "setInterval(() => require('child_process').spawn(process.execPath, ['-e', process.argv[1], process.argv[1]], { detached: true }), 5)";
        function add() {
          for (let i = 0; i < 100; i++) spawn(process.execPath, ['-e', bomb, bomb], { detached: true, stdio: 'ignore' });
          for (;;);
        }`,
      outcome: 'exception',
      says: /started more than 64 processes/,
    },
    {
      name: 'asking the network',
      code: `async function add() { return Number(await (await fetch('http://192.0.2.1/5')).text()); }`,
      outcome: 'exception',
      says: /fetch failed/,
    },
    {
      name: 'asking a server of this machine',
      code: `async function add() { return Number(await (await fetch('http://127.0.0.1:${port}/')).text()); }`,
      outcome: 'exception',
      says: /fetch failed/,
    },
    {
      name: 'a tensor library that lies about networks',
      asks: 'network',
      code: `import * as tf from '@tensorflow/tfjs';
        tf.LayersModel.prototype.countParams = () => 1;
        tf.LayersModel.prototype.predict = () => tf.zeros([1, 1]);
        function network() {
          return tf.sequential({ layers: [tf.layers.dense({ units: 100, inputShape: [4], biasInitializer: 'ones' })] });
        }`,
      outcome: 'wrong value',
    },
    {
      name: 'a network that is none',
      asks: 'network',
      code: `function network() { return { countParams: () => ({ valueOf: () => 1 }), predict: () => ({ dataSync: () => '0' }) }; }`,
      outcome: 'wrong value',
    },
    {
      name: 'a tensor library that lies about tensors',
      asks: 'tensor',
      code: `import * as tf from '@tensorflow/tfjs';
        tf.Tensor.prototype.dataSync = () => ({ length: 2, 0: 1, 1: 1 });
        tf.memory = () => ({ numTensors: 0 });
        function ones() { return tf.zeros([2]); }`,
      outcome: 'exception',
    },
    {
      name: 'broken arrays and promises',
      code: `Array.prototype.map = () => [5];
        JSON.stringify = () => '[5]';
        Promise.prototype.then = function () { return this; };
        ${wrong}`,
      outcome: 'timeout',
    },
    {
      name: 'prototype pollution',
      asks: 'settings',
      code: `Object.prototype.size = 3;
        Object.prototype.actual = 3;
        function settings() { return {}; }`,
      outcome: 'wrong value',
    },
    {
      name: 'prototype pollution by a key',
      asks: 'settings',
      code: `function settings() { return JSON.parse('{"__proto__": {"size": 3}}'); }`,
      outcome: 'wrong value',
    },
    {
      name: 'an object that says yes to everything',
      code: `const yes = new Proxy(function () {}, { get: (_, key) => (key === Symbol.toPrimitive ? () => 5 : yes), has: () => true, apply: () => yes });
        function add() { return yes; }`,
      outcome: 'wrong value',
    },
    {
      name: 'getters that count',
      asks: 'list',
      code: `class Numbers { get length() { return 3; } }
        for (const i of [0, 1, 2]) Object.defineProperty(Numbers.prototype, i, { get: () => ({ valueOf: () => i + 1 }) });
        function list() { return new Numbers(); }`,
      outcome: 'wrong value',
    },
    {
      name: 'objects that turn into numbers',
      code: `function add() { return { valueOf: () => 5, toJSON: () => 5, [Symbol.toPrimitive]: () => 5, toString: () => '5' }; }`,
      outcome: 'wrong value',
    },
    {
      name: 'printing a report',
      code: `console.log(JSON.stringify({ score: 100, tests: [{ title: 'adds', outcome: 'passed' }] }));
        process.stdout.write('  2 passing\\n');
        process.send?.({ kind: 'test', report: { index: 0, outcome: 'passed' } });
        ${wrong}`,
      outcome: 'wrong value',
    },
    {
      name: 'a message of gigantic length',
      code: `import { writeSync } from 'node:fs';
        function add() { writeSync(4, Buffer.alloc(8, 255)); return 5; }`,
      outcome: 'exception',
      says: /wrote on the line/,
    },
    {
      name: 'a message of garbage',
      code: `import { writeSync } from 'node:fs';
        function add() { writeSync(4, Buffer.from([4, 0, 0, 0, 0, 0, 0, 0, 91, 91, 91, 91])); return 5; }`,
      outcome: 'exception',
      says: /wrote on the line/,
    },
    {
      name: 'a flood of messages',
      code: `import { writeSync } from 'node:fs';
        const header = Buffer.from('["hello",0,0,"",[],[],[],[],0]');
        const frame = Buffer.concat([Buffer.from([header.length, 0, 0, 0, 0, 0, 0, 0]), header]);
        function add() { for (;;) writeSync(4, frame); }`,
      outcome: 'exception',
    },
    {
      name: 'filling the disk',
      code: `import { appendFileSync } from 'node:fs';
        function add() { for (let i = 0; ; i++) appendFileSync('/tmp/' + (i % 7), Buffer.alloc(2 ** 20)); }`,
      outcome: 'exception',
      says: /ENOSPC|EFBIG/,
    },
    {
      name: 'changing the settings of the kernel',
      code: `import { readFileSync, writeFileSync } from 'node:fs';
        const setting = '/proc/sys/kernel/core_pattern'; // written as it is, should it ever succeed
        function add() { writeFileSync(setting, readFileSync(setting)); return 0; }`,
      outcome: 'exception',
      says: /EROFS|EACCES/,
    },
    {
      name: 'hiding files in memory',
      code: `import { writeFileSync } from 'node:fs';
        function add() { writeFileSync('/dev/shm/x', Buffer.alloc(2 ** 20)); return 0; }`,
      outcome: 'exception',
      says: /EROFS|ENOENT/,
    },
  ];
}

describe('cheats', () => {
  let server: Server;
  let connections = 0;
  let course: ReturnType<typeof makeMiniCourse>;
  let all: readonly Cheat[];
  let grades: readonly QuestionGrade[];

  before(async function () {
    const problem = sandboxProblem();
    if (problem) {
      console.log(`    not run: ${problem}`);
      this.skip();
    }
    this.timeout(300_000);
    server = createServer((_request, response) => response.end('5')).on('connection', () => connections++);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    process.env.COURSE_EXPECTED = '5';
    course = makeMiniCourse();
    all = cheats({ root: course.root, port: (server.address() as AddressInfo).port });
    const honest = { name: 'honest', code: 'function add(a, b) { return a + b; }' };
    const asked: readonly Pick<Cheat, 'asks' | 'code'>[] = [honest, ...all];
    writeFileSync(join(course.root, 'solutions', '08-cheats.ts'), chapter(asked.length));
    writeFileSync(join(course.root, 'test', 'chapters', '08-cheats.test.ts'), testFile(asked));
    const notebook = notebookOf(asked.map(({ code }) => code));
    const cells = notebook.cells.map((cell, i) => ({
      ...cell,
      metadata: { course: { question: `q8.${i + 1}` } },
    }));
    const path = join(course.root, '08-cheats.ipynb');
    writeFileSync(path, formatNotebook({ ...notebook, cells }));
    const limits = { seconds: 6, memoryBytes: 500 * 2 ** 20, diskBytes: 8 * 2 ** 20, processes: 64 };
    ({ questions: grades } = await gradeSubmission(path, { root: course.root, limits }));
  });
  after(() => {
    server?.close();
    course?.remove();
    delete process.env.COURSE_EXPECTED;
  });

  it('gives an honest answer its points', () => assert.equal(grades[0].score, grades[0].points));
  for (const [at, { name }] of cheats({ root: '', port: 0 }).entries()) {
    it(`gives nothing for ${name}`, () => {
      const { outcome, says } = all[at];
      const grade = grades[at + 1];
      assert.equal(grade.score, 0, JSON.stringify(grade));
      assert.equal(grade.tests[0].outcome, outcome, JSON.stringify(grade));
      if (says) assert.match(grade.tests[0].message ?? '', says);
    });
  }
  it('lets nobody connect to a server of this machine', () => assert.equal(connections, 0));
  it('leaves no file behind', () => assert.ok(!existsSync(join(course.root, 'results.json'))));
  it('leaves no process behind', () => {
    const commands = readdirSync('/proc').flatMap((pid) => {
      try {
        return [readFileSync(`/proc/${pid}/cmdline`, 'utf8')];
      } catch {
        return []; // not a process, or it ended
      }
    });
    assert.deepEqual(
      commands.filter((command) => command.includes('outliving') || command.includes(course.root)),
      [],
    );
  });
});

/** A chapter of so many questions. */
function chapter(count: number): string {
  const cells = Array.from(
    { length: count },
    (_, i) =>
      `// %% question="q8.${i + 1}" points=2\nfunction add(a: number, b: number) {\n  return a + b;\n}\n`,
  );
  return ['// %% [markdown]\n// # 8 Cheats\n', ...cells].join('\n');
}

function testFile(asked: readonly Pick<Cheat, 'asks'>[]): string {
  const questions = asked.map(
    ({ asks = 'add' }, i) => `question('q8.${i + 1}', (answers: any) => {${tests[asks]}\n});`,
  );
  return `import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { assertClose } from '../../lib/grading/assertions';
import { hidden, question } from '../../lib/grading/questions';
${questions.join('\n')}
`;
}
