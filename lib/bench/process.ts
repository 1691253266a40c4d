import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** How a contender's program is started. */
export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A contender's first line, when it is warm. */
export interface Ready {
  readonly ready: true;
  readonly versions: Readonly<Record<string, string>>;
  readonly settings: Readonly<Record<string, string>>;
  /** Trained numbers of its network, where it has one. */
  readonly parameters?: number | null;
}

/** A contender's answer to a round. */
export interface RoundAnswer {
  readonly images: number;
  readonly seconds: number;
  /** Of the last step, or the mean of all images. */
  readonly loss?: number;
  /** Of `evaluate`: images named right. */
  readonly correct?: number;
  /** The most memory the process has had since it began, in MB of 10^6 bytes. */
  readonly peakMB?: number;
  /** Of the convolution peak: GFLOP/s of each case. */
  readonly speeds?: Readonly<Record<string, number>>;
}

/**
 * A contender kept alive between rounds: it reads and writes one JSON object a line. Every failure, whether a crash, a
 * silence or a line that is none, ends it and throws an Error whose message is the reason in one line.
 */
export class ContenderProcess {
  private readonly child: ChildProcess;
  private readonly lines: AsyncIterator<string>;
  private readonly closed: Promise<string>;
  private stderr = '';

  constructor({ command, args, env }: Program) {
    this.child = spawn(command, args, {
      env: { ...process.env, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
      windowsHide: true,
    });
    this.closed = new Promise((resolve) => {
      this.child.on('error', (error) => resolve(`cannot be started (${error.message})`));
      this.child.on('close', (code, signal) =>
        resolve(signal ? `ended by ${signal}` : `ended with code ${code}`),
      );
    });
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr = (this.stderr + text).slice(-20_000);
    });
    this.child.stdin?.on('error', () => undefined); // of a process that has ended, which `closed` tells better
    const input = this.child.stdout as NonNullable<ChildProcess['stdout']>;
    this.lines = createInterface({ input })[Symbol.asyncIterator]();
  }

  /** Waits until the contender is set up and warm. */
  async ready({ timeoutMs }: { readonly timeoutMs: number }): Promise<Ready> {
    const { ready, versions = {}, settings = {}, parameters } = await this.answer<Ready>(timeoutMs);
    if (ready !== true) throw this.failure('its first line does not say that it is ready');
    return { ready, versions, settings, parameters };
  }

  /** Lets it run one timed round. */
  async round(number: number, { timeoutMs }: { readonly timeoutMs: number }): Promise<RoundAnswer> {
    this.child.stdin?.write(`${JSON.stringify({ round: number })}\n`);
    const answer = await this.answer<RoundAnswer>(timeoutMs);
    if (!(answer.images > 0 && answer.seconds > 0)) {
      throw this.failure(`expected images and seconds above 0, got ${JSON.stringify(answer)}`);
    }
    return answer;
  }

  /** Ends it: by the end of its input, or by force where that does not help. */
  async stop({ graceMs = 3000 }: { readonly graceMs?: number } = {}): Promise<void> {
    this.child.stdin?.end();
    const force = setTimeout(() => this.child.kill('SIGKILL'), graceMs);
    await this.closed;
    clearTimeout(force);
  }

  private async answer<T>(timeoutMs: number): Promise<Partial<T> & T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(this.failure(`no answer within ${timeoutMs / 1000} s`)), timeoutMs);
    });
    try {
      const { value, done } = await Promise.race([this.lines.next(), late]);
      if (done) throw await this.death();
      const answer: unknown = parse(value);
      if (typeof answer !== 'object' || answer === null) {
        throw this.failure(`expected one JSON object a line, got: ${value.slice(0, 80)}`);
      }
      return answer as T;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Why it ended by itself: the line of its errors that tells most. */
  private async death(): Promise<Error> {
    const end = await this.closed;
    const lines = this.stderr.trim().split('\n');
    const errors = lines.filter((line) => /^\S*(Error|Exception)\b/.test(line));
    const told = (errors.pop() ?? lines[lines.length - 1]).replace(/^CourseError: /, '').trim();
    if (!told) return new Error(end);
    return new Error(end.startsWith('ended by') ? `${end}; ${told}` : told);
  }

  private failure(reason: string): Error {
    this.child.kill('SIGKILL');
    return new Error(reason);
  }
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
