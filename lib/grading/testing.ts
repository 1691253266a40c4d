import { inspect } from 'node:util';
import type Mocha from 'mocha';

/** How one test of a question went. */
export interface TestResult {
  /** Without its weight. */
  readonly title: string;
  readonly points: number;
  readonly hidden: boolean;
  readonly status: 'passed' | 'failed' | 'not run';
  /** Why it failed, in a line or a few. */
  readonly message?: string;
  /** It failed because a stub was called. */
  readonly unimplemented?: boolean;
}

/** Mocha's words, as test files find them on `globalThis`. */
const words = ['describe', 'context', 'it', 'specify', 'before', 'after', 'beforeEach', 'afterEach'];

/**
 * Runs the tests that `define` declares, in a mocha of their own, without output. A test that does not end within
 * `timeoutMs` ends the run; `process.exit` in an answer is a failure. Hidden tests count as not run unless included.
 */
export async function runTests(
  define: (answers: () => object) => void,
  {
    answers,
    includeHidden,
    timeoutMs = 10_000,
    only,
    onError,
  }: {
    readonly answers: object;
    readonly includeHidden: boolean;
    readonly timeoutMs?: number;
    /** Place of the one test to run; the others count as not run. */
    readonly only?: number;
    /** Told what a test or a hook threw. */
    readonly onError?: (error: unknown) => void;
  },
): Promise<readonly TestResult[]> {
  const { default: MochaClass } = await import('mocha');
  const mocha = new MochaClass({
    reporter: SilentReporter as typeof Mocha.reporters.Base,
    timeout: timeoutMs,
  });
  const context: Record<string, unknown> = {};
  mocha.suite.emit('pre-require', context, '', mocha);
  withGlobals(context, () => define(() => guarded(answers)));
  const tests = testsIn(mocha.suite);
  if (!includeHidden) removeHidden(mocha.suite);
  if (only !== undefined) keepOnly(mocha.suite, tests[only]);
  const errors = await run(mocha, onError);
  return tests.map((test) => resultOf(test, errors));
}

/** Calls `load` while mocha's words do nothing, so that a test file can be read for its questions alone. */
export function withoutMocha(load: () => void): void {
  withGlobals(Object.fromEntries(words.map((word) => [word, () => undefined])), load);
}

/** A failure in words for a student: what was expected and what came, no stack trace. */
export function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return `threw ${inspect(error)}`;
  const { actual, expected, generatedMessage, operator, code } = error as Partial<AssertionLike> & Error;
  if (code === 'ERR_MOCHA_TIMEOUT') return `not finished after ${/\d+/.exec(error.message)?.[0] ?? '?'} ms`;
  if (code !== 'ERR_ASSERTION') return `threw ${error.name}: ${error.message.split('\n')[0]}`;
  if (isList(actual) && isList(expected)) {
    if (!generatedMessage) return error.message;
    if (actual.length !== expected.length) return `expected ${expected.length} items, got ${actual.length}`;
    const at = Array.from(expected).findIndex((item, i) => inspect(item) !== inspect(actual[i]));
    if (at >= 0) return `at index ${at}: expected ${brief(expected[at])}, got ${brief(actual[at])}`;
  }
  const message = error.message.split('\n')[0];
  const compares = /equal/i.test(operator ?? '') && !/not/i.test(operator ?? '');
  if (!compares) return message;
  const difference = `expected ${brief(expected)}, got ${brief(actual)}`;
  return generatedMessage ? difference : `${message}: ${difference}`;
}

interface AssertionLike {
  readonly actual: unknown;
  readonly expected: unknown;
  readonly generatedMessage: boolean;
  readonly operator: string;
  readonly code: string;
}

/** A reporter that prints nothing and, unlike mocha's base, compares no large arrays to show a diff. */
class SilentReporter {
  readonly runner: Mocha.Runner;
  constructor(runner: Mocha.Runner, _options: Mocha.MochaOptions) {
    this.runner = runner;
  }
}

/** An answer whose missing names say so when they are read. */
function guarded(answers: object): object {
  return new Proxy(answers, {
    get(target, name) {
      const value = Reflect.get(target, name);
      if (value === undefined && typeof name === 'string') throw new ReferenceError(`${name} is not defined`);
      return value;
    },
  });
}

/** Sets globals for as long as `body`, which must be synchronous, runs. */
function withGlobals(values: Readonly<Record<string, unknown>>, body: () => void): void {
  const before = words.map((word) => [word, Object.getOwnPropertyDescriptor(globalThis, word)] as const);
  for (const word of words) {
    Object.defineProperty(globalThis, word, { value: values[word], configurable: true, writable: true });
  }
  try {
    body();
  } finally {
    for (const [word, descriptor] of before) {
      if (descriptor) Object.defineProperty(globalThis, word, descriptor);
      else Reflect.deleteProperty(globalThis, word);
    }
  }
}

/** Why each test failed; a failing hook keeps the tests after it from running. */
interface Errors {
  readonly tests: ReadonlyMap<Mocha.Test, unknown>;
  readonly hook?: unknown;
}

/** Runs mocha to its end. */
async function run(mocha: Mocha, onError?: (error: unknown) => void): Promise<Errors> {
  const exit = process.exit;
  process.exit = (code) => {
    throw new Error(`process.exit(${code ?? ''}) was called`);
  };
  const tests = new Map<Mocha.Test, unknown>();
  let hook: unknown;
  let runner: Mocha.Runner | undefined;
  try {
    await new Promise<void>((resolve) => {
      runner = mocha.run(() => resolve());
      runner.on('fail', (failed: Mocha.Test | Mocha.Hook, error: { readonly code?: string }) => {
        onError?.(error);
        if (failed.type === 'hook') hook = error;
        else tests.set(failed as Mocha.Test, error);
        if (error.code === 'ERR_MOCHA_TIMEOUT') runner?.abort();
      });
    });
  } finally {
    runner?.dispose(); // takes its listeners off `process`
    process.exit = exit;
  }
  return { tests, hook };
}

function testsIn(suite: Mocha.Suite): readonly Mocha.Test[] {
  return [...suite.tests, ...suite.suites.flatMap(testsIn)];
}

function removeHidden(suite: Mocha.Suite): void {
  suite.suites = suite.suites.filter(({ title }) => title !== 'hidden');
  suite.suites.forEach(removeHidden);
}

function keepOnly(suite: Mocha.Suite, test: Mocha.Test | undefined): void {
  suite.tests = suite.tests.filter((candidate) => candidate === test);
  for (const inner of suite.suites) keepOnly(inner, test);
}

function isHidden(suite: Mocha.Suite | undefined): boolean {
  return suite !== undefined && (suite.title === 'hidden' || isHidden(suite.parent));
}

function resultOf(test: Mocha.Test, errors: Errors): TestResult {
  const [, title, points] = /^(.*?)(?: \[(\d+(?:\.\d+)?) points?\])?$/s.exec(test.title) ?? [];
  const base = { title, points: points === undefined ? 1 : Number(points), hidden: isHidden(test.parent) };
  if (test.state === 'passed') return { ...base, status: 'passed' };
  const error = errors.tests.get(test) ?? errors.hook;
  if (error === undefined) return { ...base, status: 'not run' };
  return { ...base, status: 'failed', message: describeFailure(error), unimplemented: isStub(error) };
}

function isStub(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.message === 'not implemented' || isStub((error as Partial<AssertionLike>).actual);
}

function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

function brief(value: unknown): string {
  const text = inspect(value, { depth: 3, breakLength: Number.POSITIVE_INFINITY, maxArrayLength: 12 });
  return text.length > 200 ? `${text.slice(0, 197)}...` : text;
}
