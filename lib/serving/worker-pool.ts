import type { Engine, EngineName } from './engine';
import { ServingError, unavailable } from './serving-error';
import { type Worker, WorkerDied } from './worker-process';

export interface WorkerPoolOptions {
  /** Starts another worker in the place of one that died. */
  readonly start: () => Promise<Worker>;
  /** Before a worker is started again, doubled each time up to 100 times that; default 100. */
  readonly backoffMs?: number;
  /** A worker died, or could not be started. */
  readonly onProblem?: (reason: string) => void;
}

interface Job {
  readonly pixels: Uint8Array;
  readonly count: number;
  readonly resolve: (probabilities: Float32Array) => void;
  readonly reject: (error: Error) => void;
  deaths: number;
}

const mostDeaths = 2; // a batch that ends two workers may be what ends them
const mostFailedStarts = 3;

/**
 * Several workers as one engine. Each computes one batch at a time. A batch whose worker died is given to another one,
 * once; a worker that died is replaced.
 */
export class WorkerPool implements Engine {
  readonly name: EngineName;
  private readonly idle: Worker[] = [];
  private readonly alive = new Set<Worker>();
  private readonly waiting: Job[] = [];
  private readonly timers = new Set<NodeJS.Timeout>();
  private failedStarts = 0;
  private closed = false;

  /** @param workers They belong to the pool from here on. */
  constructor(
    workers: readonly Worker[],
    private readonly options: WorkerPoolOptions,
  ) {
    this.name = workers[0].name;
    for (const worker of workers) this.add(worker);
  }

  /** The processes that live. */
  get pids(): readonly number[] {
    return [...this.alive].map(({ pid }) => pid);
  }

  predict(pixels: Uint8Array, count: number): Promise<Float32Array> {
    return new Promise((resolve, reject) => {
      if (this.closed) return reject(unavailable('this model is closed'));
      this.waiting.push({ pixels, count, resolve, reject, deaths: 0 });
      this.dispatch();
    });
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const timer of this.timers) clearTimeout(timer);
    this.refuseWaiting('this model is closed');
    await Promise.all([...this.alive].map((worker) => worker.close()));
  }

  private add(worker: Worker): void {
    this.alive.add(worker);
    this.idle.push(worker);
    void worker.ended.then((reason) => {
      this.alive.delete(worker);
      remove(this.idle, worker);
      if (this.closed) return;
      this.options.onProblem?.(reason);
      this.restartLater();
    });
    this.dispatch();
  }

  private dispatch(): void {
    while (this.idle.length > 0 && this.waiting.length > 0) {
      const worker = this.idle.shift() as Worker;
      if (this.alive.has(worker)) void this.run(this.waiting.shift() as Job, worker);
    }
  }

  private async run(job: Job, worker: Worker): Promise<void> {
    try {
      job.resolve(await worker.predict(job.pixels, job.count));
      this.failedStarts = 0;
      this.idle.push(worker);
    } catch (error) {
      if (error instanceof WorkerDied) this.tryAgain(job);
      else {
        job.reject(error as Error);
        this.idle.push(worker);
      }
    }
    this.dispatch();
  }

  private tryAgain(job: Job): void {
    job.deaths++;
    if (this.closed) job.reject(unavailable('this model is closed'));
    else if (job.deaths < mostDeaths) this.waiting.unshift(job);
    else job.reject(new ServingError(500, `${job.deaths} workers ended while they computed these images`));
  }

  private restartLater(): void {
    const { backoffMs = 100 } = this.options;
    const timer = setTimeout(
      () => {
        this.timers.delete(timer);
        void this.restart();
      },
      backoffMs * Math.min(2 ** this.failedStarts, 100),
    );
    timer.unref(); // no reason to keep a process
    this.timers.add(timer);
  }

  private async restart(): Promise<void> {
    this.failedStarts++; // until a batch is computed: a worker that starts and dies at once counts too
    try {
      const worker = await this.options.start();
      if (this.closed) await worker.close();
      else this.add(worker);
    } catch (error) {
      if (this.closed) return;
      this.options.onProblem?.(`a worker could not be started: ${(error as Error).message}`);
      if (this.alive.size === 0 && this.failedStarts >= mostFailedStarts)
        this.refuseWaiting('no worker can be started');
      this.restartLater();
    }
  }

  private refuseWaiting(reason: string): void {
    for (const { reject } of this.waiting.splice(0)) reject(unavailable(reason));
  }
}

function remove<T>(list: T[], item: T): void {
  const at = list.indexOf(item);
  if (at >= 0) list.splice(at, 1);
}
