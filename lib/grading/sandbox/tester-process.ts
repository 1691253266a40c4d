import { openSync } from 'node:fs';
import { join } from 'node:path';
import { loadChapter } from '../chapter';
import { loadQuestions } from '../check';
import type { Outcome } from '../grades';
import { asModelTests } from '../model/as-model-tests';
import { modelFolder } from '../model/handed-in';
import type { Question } from '../questions';
import { describeFailure, runTests, type TestResult } from '../testing';
import { answerCode, CompileError } from './answer-code';
import { Bridge, LostError } from './bridge';
import { answerIn } from './submission';
import { TensorShadow } from './tensor-values';
import type { RunRequest, Stage, TesterMessage } from './tester-messages';

/**
 * A process that runs the instructor's tests on the answers of one submission, one question at a time. The answers live in
 * processes of their own; what comes from there is data. Its parent ends it when it takes too long.
 */
function main(): void {
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
  process.on('message', (request: RunRequest) => {
    run(request).catch((error: Error) => tell({ kind: 'failed', reason: error.message }));
  });
}

function tell(message: TesterMessage): void {
  process.send?.(message);
}

const guardFirstMs = 2000;
const loaded = new Map<string, readonly Question[]>();

async function run(request: RunRequest): Promise<void> {
  const { startMs, testMs, allMs } = request;
  let stage: Stage = 'starting';
  let mostMs = testMs;
  let until = performance.now() + startMs;
  const timeLeftMs = () =>
    Math.max(0, Math.min(stage === 'starting' ? startMs : mostMs, until - performance.now()));
  const shadow = new TensorShadow();
  const bridge = new Bridge({
    output: openSync(request.input, 'w'),
    input: openSync(request.output, 'r'),
    caution: true,
    timeLeftMs,
    onTensors: (count) => shadow.follow(count),
  });
  tell({ kind: 'opened' });
  try {
    const { define } = questionOf(request);
    const tests = await runTests(define, { answers: {}, includeHidden: true, only: -1 });
    tell({
      kind: 'tests',
      tests: tests.map(({ title, points, hidden }) => ({ title, weight: points, hidden })),
    });
    const ofModel = asModelTests(define);
    const answer = ofModel ? answerWithModel(request) : compile(request);
    if (!answer) {
      const message = ofModel
        ? `no model was handed in for ${request.question}: expected one in ${modelFolder(request.question)}`
        : `the notebook has no answer to ${request.question}`;
      tell({ kind: 'all', outcome: 'not implemented', message });
      return;
    }
    tell({ kind: 'compiled', notes: answer.notes });
    bridge.waitFor('hello');
    tell({ kind: 'started' });
    stage = 'loading';
    until = performance.now() + allMs;
    let answers = await loadAnswer(bridge, answer.code, timeLeftMs());
    stage = 'testing';
    if (ofModel && request.model) {
      // All images are looked at in one test: there is one limit for all, and the guard watches it.
      mostMs = allMs;
      until += guardFirstMs;
      answers = await lateForModels().modelAnswers(ofModel, { submitted: request.model, sandbox: answers });
    }
    for (const index of tests.keys()) {
      if (request.done.includes(index)) continue;
      tell({ kind: 'testing', index });
      const timeoutMs = Math.max(1, timeLeftMs()); // to mocha, 0 is forever
      let error: unknown;
      const results = await runTests(define, {
        ...{ answers, includeHidden: true, timeoutMs, only: index },
        onError: (thrown) => {
          error = thrown;
        },
      });
      // A test may take the end of the process for an error that it expects.
      if (bridge.loss) throw new LostError(bridge.loss);
      if (codeOf(error) === 'ERR_MOCHA_TIMEOUT') throw new LostError('timeout');
      const { message } = results[index];
      tell({ kind: 'test', report: { index, outcome: outcomeOf(results[index], error), message } });
    }
    tell({ kind: 'done' });
  } catch (error) {
    if (error instanceof LostError) tell({ kind: 'lost', loss: error.loss, stage });
    else if (error instanceof CompileError)
      tell({ kind: 'all', outcome: 'compile error', message: error.message });
    else if (stage === 'loading')
      tell({ kind: 'all', outcome: 'exception', message: describeFailure(error) });
    else throw error;
  } finally {
    bridge.close();
    shadow.dispose();
  }
}

function questionOf({ root, chapter, question }: RunRequest): Question {
  const file = join(root, 'test', 'chapters', `${chapter}.test.ts`);
  const questions = loaded.get(file) ?? loadQuestions(file, { root });
  loaded.set(file, questions);
  const found = questions.find(({ id }) => id === question);
  if (!found) throw new Error(`test/chapters/${chapter}.test.ts: no tests for ${question}`);
  return found;
}

/**
 * The answer as code; undefined where there is none.
 * @throws CompileError also for what the compiler cannot cope with, such as a thousand brackets in each other
 */
function compile({ root, chapter: name, question, cells }: RunRequest) {
  const chapter = loadChapter(name, { root });
  try {
    const found = answerIn({ cells }, { chapter, id: question });
    return found && { code: answerCode(chapter, question, found), notes: found.notes };
  } catch (error) {
    if (error instanceof RangeError) throw new CompileError(error.message);
    throw error;
  }
}

/** What runs in place of an answer where a model is asked for; undefined where none was handed in. */
function answerWithModel({ model }: RunRequest) {
  return model && { code: lateForModels().modelAnswerCode, notes: [] };
}

/** TensorFlow would add half a second to the tests of every question. */
function lateForModels() {
  return require('../model/submitted-model') as typeof import('../model/submitted-model');
}

/** What the answer declares. */
async function loadAnswer(bridge: Bridge, code: string, timeoutMs: number): Promise<object> {
  const late = setTimeout(() => bridge.lose('timeout'), timeoutMs);
  try {
    const answers: unknown = await bridge.ask('start', { values: [code] });
    return typeof answers === 'object' && answers !== null ? answers : {};
  } finally {
    clearTimeout(late);
  }
}

function outcomeOf({ status, unimplemented }: TestResult, error: unknown): Outcome {
  if (status === 'passed') return 'passed';
  if (unimplemented) return 'not implemented';
  if (codeOf(error) === 'ERR_ASSERTION') return 'wrong value';
  const isMemory = error instanceof Error && error.message === 'Array buffer allocation failed';
  return isMemory ? 'out of memory' : 'exception';
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

main();
