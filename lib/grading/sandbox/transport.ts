import { closeSync, writeSync } from 'node:fs';
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { frameLimits } from './codec';

/** A frame as it came, or why there will be none any more. */
export type Frame =
  | { readonly header: Uint8Array; readonly data: Uint8Array }
  | { readonly ended: 'closed' | 'garbled' };

/** Slots of the counters that both threads see: frames read, frames taken, bytes read and not taken. */
const [readCount, takenCount, waiting] = [0, 1, 2];

/** How far the reading may be ahead of the taking: a flood stays in the pipe. */
const ahead = { frames: 64, bytes: 300 << 20 };

/**
 * Frames over two pipes, taken by waiting for the next one or as events. A thread reads, so that both are possible: tests
 * call answers as plain functions, and answers call back in the middle of it.
 */
export class Transport {
  private readonly counters = new Int32Array(new SharedArrayBuffer(3 * Int32Array.BYTES_PER_ELEMENT));
  private readonly port: MessagePort;
  private readonly worker: Worker;
  private readonly output: number;
  private closed = false;

  /** Takes over both file descriptors. */
  constructor({ input, output }: { readonly input: number; readonly output: number }) {
    const { port1, port2 } = new MessageChannel();
    this.port = port1;
    this.output = output;
    this.worker = new Worker(`(${readFrames})(require('node:worker_threads').workerData)`, {
      eval: true,
      workerData: {
        input,
        port: port2,
        counters: this.counters,
        limits: { ...frameLimits, aheadFrames: ahead.frames, aheadBytes: ahead.bytes },
      } satisfies Reading,
      transferList: [port2],
      execArgv: [],
      trackUnmanagedFds: false, // it closes the pipe that was opened here
    });
    this.worker.unref();
    this.worker.on('error', () => undefined); // the port closes, and that is what counts
  }

  send(frame: Uint8Array): void {
    let at = 0;
    while (at < frame.length) at += writeSync(this.output, frame, at);
  }

  /** The next frame, waited for; undefined when none came in time. */
  wait(timeoutMs: number): Frame | undefined {
    const until = performance.now() + timeoutMs;
    for (;;) {
      const seen = Atomics.load(this.counters, readCount);
      const received = receiveMessageOnPort(this.port);
      if (received) return this.taken(received.message);
      const left = until - performance.now();
      if (left <= 0) return undefined;
      Atomics.wait(this.counters, readCount, seen, Math.min(left, 60_000));
    }
  }

  /** Hands over frames that nobody waits for, as they come. */
  onFrame(take: (frame: Frame) => void): void {
    this.port.on('message', (frame: Frame) => take(this.taken(frame)));
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    closeSync(this.output);
    this.port.close();
    Atomics.add(this.counters, takenCount, ahead.frames); // a thread that waits may go on, and ends
    Atomics.notify(this.counters, takenCount);
  }

  private taken(frame: Frame): Frame {
    if ('header' in frame)
      Atomics.sub(this.counters, waiting, frame.header.byteLength + frame.data.byteLength);
    Atomics.add(this.counters, takenCount, 1);
    Atomics.notify(this.counters, takenCount);
    return frame;
  }
}

interface Reading {
  readonly input: number;
  readonly port: MessagePort;
  readonly counters: Int32Array;
  readonly limits: {
    readonly header: number;
    readonly data: number;
    readonly aheadFrames: number;
    readonly aheadBytes: number;
  };
}

/** Runs in the thread, as text: it sees nothing of this module. */
function readFrames({ input, port, counters, limits }: Reading): void {
  const { closeSync, readSync } = require('node:fs') as typeof import('node:fs');
  const [read, taken, waiting] = [0, 1, 2];
  const bytes = (count: number): Uint8Array | undefined => {
    const buffer = new Uint8Array(new ArrayBuffer(count));
    for (let at = 0; at < count; ) {
      const got = readSync(input, buffer, at, count - at, null);
      if (got === 0) return undefined;
      at += got;
    }
    return buffer;
  };
  const post = (frame: object, transfer: ArrayBuffer[] = []) => {
    port.postMessage(frame, transfer);
    Atomics.add(counters, read, 1);
    Atomics.notify(counters, read);
  };
  let ended: 'closed' | 'garbled' = 'closed';
  try {
    for (;;) {
      const lengths = bytes(8);
      if (!lengths) break;
      const view = new DataView(lengths.buffer);
      const [headerLength, dataLength] = [view.getUint32(0, true), view.getUint32(4, true)];
      if (headerLength > limits.header || dataLength > limits.data) {
        ended = 'garbled';
        break;
      }
      const header = bytes(headerLength);
      const data = header && bytes(dataLength);
      if (!data) break;
      Atomics.add(counters, waiting, headerLength + dataLength);
      post({ header, data }, [header.buffer as ArrayBuffer, data.buffer as ArrayBuffer]);
      for (;;) {
        const seen = Atomics.load(counters, taken);
        const behind = Atomics.load(counters, read) - seen;
        if (behind < limits.aheadFrames && Atomics.load(counters, waiting) < limits.aheadBytes) break;
        Atomics.wait(counters, taken, seen);
      }
    }
  } catch {
    // a pipe that fails is one that ended
  }
  closeSync(input);
  post({ ended });
}
