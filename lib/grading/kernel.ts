import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Dealer, Subscriber } from 'zeromq';
import { CourseError } from '../errors';
import { courseRoot } from '../paths';
import { OutputCollector } from './collector';
import type { JsonObject, Output } from './nbformat';
import { decodeMessage, encodeRequest, type Message } from './wire';

/** How the execution of one cell ended. `outputs` still change when a later cell updates a display. */
export interface Execution {
  readonly status: 'ok' | 'error' | 'timeout' | 'died';
  readonly outputs: readonly Output[];
  /** How a kernel that died ended, such as `exit code 3`, and what it wrote last. */
  readonly death?: string;
}

export interface KernelOptions {
  /** The kernel's working folder: where a notebook's relative paths and imports start. */
  readonly folder: string;
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * The course's kernel, started and spoken to as JupyterLab does, over ZeroMQ on loopback. It is our child process: it dies by
 * its process id when closed, when a cell takes too long, and when this process exits.
 */
export class Kernel {
  private readonly session = randomUUID();
  private readonly collector = new OutputCollector();
  private readonly waiting = new Map<string, { reply?: Message; idle: boolean; done: () => void }>();
  private readonly ended: Promise<void>;
  private seenBroadcast = false;
  private lastWords = '';

  private constructor(
    private readonly process: ChildProcess,
    private readonly key: string,
    private readonly shell: Dealer,
    private readonly broadcast: Subscriber,
    private readonly connectionFolder: string,
  ) {
    this.ended = new Promise((resolve) => process.once('exit', () => resolve()));
    for (const stream of [process.stdout, process.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.lastWords = (this.lastWords + chunk).slice(-2000);
      });
    }
    globalThis.process.once('exit', this.kill);
    void this.listen(shell);
    void this.listen(broadcast);
  }

  /** Starts a kernel and waits until it answers on both sockets. */
  static async start({ folder, env = {} }: KernelOptions): Promise<Kernel> {
    // tslab brings ZeroMQ; it is loaded late because it starts threads.
    const { Dealer, Subscriber } = await import('zeromq');
    const connectionFolder = mkdtempSync(join(tmpdir(), 'course-kernel-'));
    const file = join(connectionFolder, 'connection.json');
    const [shell_port, iopub_port, stdin_port, control_port, hb_port] = await freePorts(5);
    const key = randomUUID();
    const ports = { shell_port, iopub_port, stdin_port, control_port, hb_port };
    const connection = { ip: '127.0.0.1', transport: 'tcp', signature_scheme: 'hmac-sha256', key, ...ports };
    writeFileSync(file, JSON.stringify(connection), { mode: 0o600 });
    const { FORCE_COLOR: _color, ...inherited } = process.env;
    const child = spawn(process.execPath, [join(courseRoot(), 'lib', 'kernel.js'), file], {
      cwd: folder,
      env: { ...inherited, ...env },
      detached: process.platform !== 'win32', // a group of its own, so that what its cells start dies with it
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const shell = new Dealer({ linger: 0 });
    const broadcast = new Subscriber({ linger: 0 });
    shell.connect(`tcp://127.0.0.1:${shell_port}`);
    broadcast.connect(`tcp://127.0.0.1:${iopub_port}`);
    broadcast.subscribe();
    const kernel = new Kernel(child, key, shell, broadcast, connectionFolder);
    try {
      await kernel.greet(60_000);
    } catch (error) {
      await kernel.close();
      throw error;
    }
    return kernel;
  }

  /** Runs the code of one cell; a cell that takes longer than `timeoutMs` costs the kernel its life. */
  async execute(code: string, { timeoutMs }: { readonly timeoutMs: number }): Promise<Execution> {
    const content = { code, silent: false, store_history: true, user_expressions: {}, allow_stdin: false };
    const request = this.request('execute_request', { ...content, stop_on_error: true });
    const outputs = this.collector.open(request.id);
    const timer = new AbortController();
    const winner = await Promise.race([
      request.finished.then(() => 'finished' as const),
      this.ended.then(() => 'died' as const),
      sleep(timeoutMs, 'timeout' as const, { signal: timer.signal }).catch(() => 'timeout' as const),
    ]);
    timer.abort();
    if (winner === 'timeout') this.kill();
    if (winner === 'died') return { status: 'died', outputs, death: this.death() };
    if (winner === 'timeout') return { status: 'timeout', outputs };
    const status = this.waiting.get(request.id)?.reply?.content.status === 'ok' ? 'ok' : 'error';
    // After an error tslab refuses what comes within 200 ms (yunabe/tslab issue 19).
    if (status === 'error') await sleep(300);
    return { status, outputs };
  }

  /** Ends the kernel and what its cells started, by process id. */
  async close(): Promise<void> {
    this.kill();
    await this.ended;
    globalThis.process.off('exit', this.kill);
    this.shell.close();
    this.broadcast.close();
    rmSync(this.connectionFolder, { recursive: true, force: true });
  }

  private readonly kill = (): void => {
    const { pid } = this.process;
    if (pid === undefined) return;
    try {
      globalThis.process.kill(globalThis.process.platform === 'win32' ? pid : -pid, 'SIGKILL');
    } catch {
      // it has ended already
    }
  };

  private death(): string {
    const { exitCode, signalCode } = this.process;
    const how = signalCode ? `signal ${signalCode}` : `exit code ${exitCode}`;
    return this.lastWords.trim() ? `${how}; its last words: ${this.lastWords.trim()}` : how;
  }

  /** Asks who is there until the answer and a broadcast came: a subscriber misses what was sent before it joined. */
  private async greet(timeoutMs: number): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    while (Date.now() < deadline) {
      const { finished } = this.request('kernel_info_request', {});
      const winner = await Promise.race([
        finished.then(() => 'answered'),
        this.ended.then(() => 'ended'),
        sleep(500, 'silent', { ref: false }),
      ]);
      if (winner === 'ended') throw new CourseError(`the tslab kernel does not start: ${this.death()}`);
      if (winner === 'answered' && this.seenBroadcast) return;
    }
    throw new CourseError(`the tslab kernel does not answer after ${timeoutMs / 1000} s`);
  }

  private request(
    type: string,
    content: JsonObject,
  ): { readonly id: string; readonly finished: Promise<void> } {
    const { id, frames } = encodeRequest(type, { key: this.key, session: this.session, content });
    const finished = new Promise<void>((done) => this.waiting.set(id, { idle: false, done }));
    void this.shell.send([...frames]).catch(() => undefined); // closed meanwhile: `ended` tells
    return { id, finished };
  }

  private async listen(socket: Dealer | Subscriber): Promise<void> {
    for await (const frames of socket) {
      const message = decodeMessage(frames, { key: this.key });
      if (!message) continue;
      const request = this.waiting.get(message.parent);
      if (socket === this.broadcast) {
        this.seenBroadcast = true;
        this.collector.receive(message);
        if (request && message.type === 'status' && message.content.execution_state === 'idle')
          request.idle = true;
      } else if (request) {
        request.reply = message;
      }
      if (request?.reply && request.idle) request.done();
    }
  }
}

async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(async (server) => {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const address = server.address();
      return typeof address === 'object' && address ? address.port : 0;
    }),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
