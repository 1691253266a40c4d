import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { runInThisContext } from 'node:vm';
import { CourseError } from '../errors';
import { courseRoot } from '../paths';
import { asModelTests } from './model/as-model-tests';
import type { CheckedModel } from './model/check-model';
import type { Question } from './questions';
import type { TestResult } from './testing';
import { topLevelScope } from './tslab';

/**
 * Tests a student's answer to a question such as `q1.2`, as the notebook holds it now, and prints how it went. It never
 * throws for a wrong answer: the cells below still run. Only where `COURSE_CHECK=strict` (set when a solved chapter is
 * run) does an answer that fails fail its cell.
 */
export async function check(id: string, { root = rootAbove(process.cwd()) } = {}): Promise<void> {
  const { results, note } = await checked(id, { root, answers: topLevelScope() });
  const { text, passed } = checkReport(id, results);
  console.log(note === undefined ? text : `${text}\n${note}`);
  if (!passed && process.env.COURSE_CHECK === 'strict')
    throw new CourseError(`${id}: the solution fails its tests`);
}

/** What a question's tests are run on. */
interface CheckOptions {
  readonly root: string;
  /** Declarations by name. */
  readonly answers: object;
  readonly timeoutMs?: number;
}

/** Runs the public tests of a question on declarations by name; hidden ones are listed as not run. */
export async function checkAnswer(id: string, options: CheckOptions): Promise<readonly TestResult[]> {
  return (await checked(id, options)).results;
}

/** The results of the public tests; of a model that passes them a note says how good it is. */
async function checked(id: string, { root, answers, timeoutMs }: CheckOptions): Promise<CheckedModel> {
  const { chapterNumber, runTests } = late();
  const questions = loadQuestions(testFile(chapterNumber(id), root), { root });
  const found = questions.find((candidate) => candidate.id === id);
  if (!found)
    throw new CourseError(`no tests for ${id}; there are: ${questions.map((one) => one.id).join(', ')}`);
  const ofModel = asModelTests(found.define);
  if (ofModel) return lateForModels().checkModel(ofModel, { answers });
  return { results: await runTests(found.define, { answers, includeHidden: false, timeoutMs }) };
}

/** What `check` prints: a line that sums up, then one for each public test. */
export function checkReport(
  id: string,
  results: readonly TestResult[],
): { readonly text: string; readonly passed: boolean } {
  const open = results.filter(({ hidden }) => !hidden);
  const passed = open.filter(({ status }) => status === 'passed').length;
  if (open.length > 0 && open.every(({ unimplemented }) => unimplemented)) {
    return { text: `${id}: not implemented yet`, passed: false };
  }
  const secret = results.length - open.length;
  const rest =
    secret === 0 ? '' : `; ${secret} hidden ${secret === 1 ? 'test runs' : 'tests run'} at grading`;
  const lines = open.flatMap(({ title, status, message }) => {
    const mark = status === 'passed' ? '✓' : status === 'failed' ? '✗' : '-';
    return [`  ${mark} ${title}${status === 'not run' ? ' (not run)' : ''}`, ...indented(message)];
  });
  const verb = open.length === 1 ? 'test passes' : 'tests pass';
  const head = `${id}: ${passed} of ${open.length} public ${verb}${rest}`;
  return { text: [head, ...lines].join('\n'), passed: passed === open.length };
}

/**
 * The questions of a test file, read anew each time. The file is TypeScript: it and the helpers beside it are transpiled
 * here; what it imports from `lib/` is the library that is running now.
 */
export function loadQuestions(file: string, { root = courseRoot() } = {}): readonly Question[] {
  const { collectQuestions, toCommonJs, withoutMocha } = late();
  const loaded = new Map<string, object>();
  const load = (path: string): object => {
    const exports = loaded.get(path) ?? {};
    if (loaded.has(path)) return exports;
    loaded.set(path, exports);
    const code = toCommonJs(readFileSync(path, 'utf8'), { file: path });
    const run = runInThisContext(`(function (exports, require, __filename, __dirname) {${code}\n})`, {
      filename: path,
    });
    run(exports, requireFrom(path, { root, load }), path, dirname(path));
    return exports;
  };
  return collectQuestions(() => withoutMocha(() => load(file)));
}

/** `require` of a test file: TypeScript from the tests' folder through `load`, `lib/` from where this module runs. */
function requireFrom(
  path: string,
  { root, load }: { readonly root: string; readonly load: (path: string) => object },
): (id: string) => unknown {
  const plain = createRequire(path);
  return (id) => {
    if (!id.startsWith('.')) return plain(id);
    const target = resolve(dirname(path), id);
    const inLib = relative(join(root, 'lib'), target);
    if (!inLib.startsWith('..')) return require(join(dirname(__dirname), inLib));
    const file = [`${target}.ts`, join(target, 'index.ts')].find(existsSync);
    return file ? load(file) : plain(id);
  };
}

/** The course that a folder lies in: the nearest one above with tests of chapters. */
function rootAbove(folder: string): string {
  if (existsSync(join(folder, 'test', 'chapters'))) return folder;
  const parent = dirname(folder);
  return parent === folder ? courseRoot() : rootAbove(parent);
}

/** What only a check needs, loaded at the first: TypeScript would add a good part of a second to every notebook's import. */
function late() {
  const lift = require('./lift') as typeof import('./lift');
  const questions = require('./questions') as typeof import('./questions');
  const testing = require('./testing') as typeof import('./testing');
  return { ...lift, ...questions, ...testing };
}

/** What only a check of a model needs. */
function lateForModels() {
  return require('./model/check-model') as typeof import('./model/check-model');
}

function testFile(chapter: string, root: string): string {
  const folder = join(root, 'test', 'chapters');
  const start = `${chapter.padStart(2, '0')}-`;
  const files = existsSync(folder) ? readdirSync(folder) : [];
  const name = files.find((file) => file.startsWith(start) && file.endsWith('.test.ts'));
  if (!name)
    throw new CourseError(`no tests for chapter ${chapter}: test/chapters/${start}*.test.ts is missing`);
  return join(folder, name);
}

function indented(message: string | undefined): string[] {
  return message === undefined ? [] : message.split('\n').map((line) => `      ${line}`);
}
