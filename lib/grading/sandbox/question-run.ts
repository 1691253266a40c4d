import type { Chapter } from '../chapter';
import type { GradeLimits, TestGrade } from '../grades';
import type { SubmittedModel } from '../model/submitted-model';
import { openAnswer } from './answer-handle';
import { Guard, startMs } from './guard';
import { makePipes } from './pipes';
import { type Stop, stopOf, testMs } from './stop';
import type { SubmittedCell } from './submission';
import { type Tester, TesterEnded } from './tester';
import type { RunRequest, TesterMessage } from './tester-messages';

export interface QuestionRunOptions {
  readonly root: string;
  readonly chapter: Chapter;
  readonly cells: readonly SubmittedCell[];
  readonly model?: SubmittedModel;
  readonly limits: Required<GradeLimits>;
  readonly unsafe: boolean;
  readonly signal?: AbortSignal;
  /** A folder for the pipes, and one for temporary files of the tests. */
  readonly scratch: string;
  readonly fixtures: string;
  readonly tester: () => Tester;
  readonly onTesterEnded: () => void;
}

/** A question's tests, and what an instructor should know. */
export interface RunResult {
  readonly tests: readonly TestGrade[];
  readonly notes: readonly string[];
}

/** After a test that ended the answer's process the others get a new one, so often. */
const maxProcesses = 3;
/** Runs all tests of one question, with a fresh process for the answer, and a next one where a test ended it. */
export class QuestionRun {
  private readonly options: QuestionRunOptions;
  private readonly results = new Map<number, Pick<TestGrade, 'outcome' | 'message'>>();
  private readonly notes: string[] = [];
  private tests: readonly Pick<TestGrade, 'title' | 'weight' | 'hidden'>[] = [];
  private testing: number | undefined;
  private usedMs = 0;

  constructor(options: QuestionRunOptions) {
    this.options = options;
  }

  async grade(question: string): Promise<RunResult> {
    const allMs = this.options.limits.seconds * 1000;
    let stop: Stop | undefined;
    for (let started = 0; started < maxProcesses; started++) {
      stop = await this.round(question);
      if (stop?.note) this.addNotes([stop.note]);
      if (stop && this.testing !== undefined) {
        const { outcome, message } = stop;
        this.results.set(this.testing, { outcome, message });
      }
      if (!stop || this.testing === undefined || stop.outcome === 'infrastructure failure') break;
      if (this.results.size === this.tests.length || this.usedMs >= allMs) break;
    }
    const rest = stop && {
      outcome: stop.outcome,
      message: this.testing === undefined ? stop.message : `not run: ${stop.message}`,
    };
    const tests = this.tests.map((test, index): TestGrade => {
      const { outcome, message } = this.results.get(index) ?? rest ?? unknown;
      return { ...test, outcome, ...(message === undefined ? {} : { message }) };
    });
    if (tests.length === 0) this.notes.push(`infrastructure failure: ${stop?.message ?? 'no tests'}`);
    return { tests, notes: this.notes };
  }

  /** Runs the tests that are left until the last, or one that stops them. */
  private async round(question: string): Promise<Stop | undefined> {
    const { root, chapter, cells, model, limits, unsafe, fixtures, scratch, signal } = this.options;
    const leftMs = limits.seconds * 1000 - this.usedMs;
    const tester = this.options.tester();
    const pipes = makePipes(scratch);
    const { toAnswer: input, toTester: output } = pipes;
    const answer = openAnswer({ root, limits, unsafe, fixtures, input, output });
    pipes.handedOver();
    const guard = new Guard({ answer, tester, limits });
    const abort = () => tester.kill();
    signal?.addEventListener('abort', abort, { once: true });
    this.testing = undefined;
    let last: TesterMessage | undefined;
    let compiled = false;
    let testerEnded: string | undefined;
    try {
      const request: RunRequest = {
        ...{ root, chapter: chapter.name, question, cells, model, done: [...this.results.keys()] },
        ...{ input: pipes.inputPath, output: pipes.outputPath },
        ...{ startMs, testMs: Math.min(testMs, limits.seconds * 1000), allMs: leftMs },
      };
      await tester.run(request, (message) => {
        last = message;
        if (message.kind === 'opened') pipes.close();
        else if (message.kind === 'compiled') {
          compiled = true;
          this.addNotes(message.notes);
        } else if (message.kind === 'started') guard.start(leftMs);
        else this.note(message);
      });
    } catch (error) {
      if (!(error instanceof TesterEnded)) throw error;
      this.options.onTesterEnded();
      testerEnded = error.message;
    } finally {
      this.usedMs += guard.stop();
      signal?.removeEventListener('abort', abort);
      pipes.close();
      // A process that ended by itself has something to say: wait for that, but not long.
      if (last?.kind === 'lost' && last.loss === 'closed') await Promise.race([answer.death, sleep(1000)]);
      answer.kill();
    }
    const death = await answer.death;
    signal?.throwIfAborted();
    return stopOf({ last, testerEnded, compiled, guard, death, limits });
  }

  private addNotes(notes: readonly string[]): void {
    for (const note of notes) if (!this.notes.includes(note)) this.notes.push(note);
  }

  private note(message: TesterMessage): void {
    if (message.kind === 'tests') this.tests = message.tests;
    else if (message.kind === 'testing') this.testing = message.index;
    else if (message.kind === 'test') {
      const { index, outcome, message: text } = message.report;
      this.results.set(index, { outcome, message: text });
    }
  }
}

const unknown = { outcome: 'infrastructure failure', message: 'the tests said nothing of it' } as const;

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
