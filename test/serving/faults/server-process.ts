import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { courseRoot } from '../../../lib/paths';

/** `course serve` in a process of its own, as it was built. Linux: what it uses is read from /proc. */
export class ServerProcess {
  /** Requests that its log says it has answered, by status. */
  readonly logged: Record<string, number> = {};

  private constructor(
    readonly child: ChildProcess,
    readonly address: string,
  ) {}

  /** Started and ready. */
  static async start(args: readonly string[]): Promise<ServerProcess> {
    const all = ['lib/bin.js', 'serve', ...args, '--port', '0'];
    const child = spawn(process.execPath, all, { cwd: courseRoot(), stdio: ['ignore', 'pipe', 'pipe'] });
    let address = '';
    for await (const line of createInterface({ input: child.stdout })) {
      address = /listening at (\S+),/.exec(line)?.[1] ?? address;
      if (!line.startsWith('ready: ')) continue;
      const server = new ServerProcess(child, address);
      createInterface({ input: child.stderr }).on('line', (entry) => {
        const { msg, statusCode } = JSON.parse(entry);
        if (msg === 'request') server.logged[statusCode] = (server.logged[statusCode] ?? 0) + 1;
      });
      return server;
    }
    throw new Error('the server ended before it was ready');
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** The processes that compute. */
  get workers(): readonly number[] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name) && statusOf(Number(name)).parent === this.pid)
      .map(Number);
  }

  /** Memory of the server itself and of its workers together, in MB. */
  get memoryMB(): { readonly server: number; readonly workers: number } {
    const workers = this.workers.map((pid) => statusOf(pid).memoryMB);
    return { server: statusOf(this.pid).memoryMB, workers: workers.reduce((sum, each) => sum + each, 0) };
  }

  get openFiles(): number {
    return readdirSync(`/proc/${this.pid}/fd`).length;
  }

  /** Its exit code, after SIGTERM, once its log is read. */
  async terminate(): Promise<number | null> {
    const exited = once(this.child, 'close');
    this.child.kill('SIGTERM');
    const [code] = await exited;
    return code;
  }
}

function statusOf(pid: number): { readonly parent: number; readonly memoryMB: number } {
  try {
    const text = readFileSync(`/proc/${pid}/status`, 'utf8');
    const number = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0);
    return { parent: number('PPid'), memoryMB: Math.round(number('VmRSS') / 1024) };
  } catch {
    return { parent: 0, memoryMB: 0 }; // it has ended
  }
}
