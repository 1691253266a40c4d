import { Agent, request } from 'node:http';

export interface Call {
  readonly path: string;
  readonly body: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What became of the requests of some clients. */
export interface Outcome {
  /** Answers by status. */
  readonly answers: Readonly<Record<string, number>>;
  /** Answers that broke off, and connections that broke before their answer came: requests that were lost. */
  readonly lost: number;
  /** Connections that were never taken. */
  readonly refused: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Clients that ask again as soon as they have their answer, until `stop`; each keeps its connection. */
export class Traffic {
  private readonly agent: Agent;
  private readonly answers: Record<string, number> = {};
  private readonly latencies: number[] = [];
  private readonly clients: Promise<void>[];
  private lost = 0;
  private refused = 0;
  private stopped = false;

  constructor(
    private readonly address: string,
    private readonly calls: readonly Call[],
    {
      clients,
      keepAlive = true,
      onAnswer,
    }: {
      readonly clients: number;
      readonly keepAlive?: boolean;
      readonly onAnswer?: (body: Buffer) => void;
    },
  ) {
    this.agent = new Agent({ keepAlive, maxSockets: clients });
    this.clients = Array.from({ length: clients }, (_, i) => this.client(i, onAnswer));
  }

  get count(): number {
    return this.latencies.length;
  }

  async stop(): Promise<Outcome> {
    this.stopped = true;
    await Promise.all(this.clients);
    this.agent.destroy();
    const sorted = this.latencies.sort((a, b) => a - b);
    const at = (share: number) =>
      Math.round((sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN) * 10) / 10;
    const { answers, lost, refused } = this;
    return { answers, lost, refused, p50Ms: at(0.5), p99Ms: at(0.99) };
  }

  private async client(i: number, onAnswer?: (body: Buffer) => void): Promise<void> {
    for (let n = i; !this.stopped; n++) {
      const start = performance.now();
      try {
        const { status, body } = await ask(this.address, this.calls[n % this.calls.length], this.agent);
        this.answers[status] = (this.answers[status] ?? 0) + 1;
        this.latencies.push(performance.now() - start);
        onAnswer?.(body);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ECONNREFUSED') {
          this.refused++;
          return;
        }
        this.lost++;
      }
    }
  }
}

function ask(
  address: string,
  { path, body, headers = {} }: Call,
  agent: Agent,
): Promise<{ readonly status: number; readonly body: Buffer }> {
  return new Promise((resolve, reject) => {
    const call = request(address + path, { method: 'POST', agent, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) }));
      response.on('error', reject);
    });
    call.on('error', reject).end(body);
  });
}
