import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Bridge } from '../../../lib/grading/sandbox/bridge';
import { decodeFrame, encodeFrame, type Message } from '../../../lib/grading/sandbox/codec';
import { Transport } from '../../../lib/grading/sandbox/transport';

const empty: Omit<Message, 'data'> = {
  ...{ kind: 'get', id: 1, target: 0, key: '' },
  ...{ values: [], nodes: [], updates: [], disposed: [], tensors: 0 },
};

/** The tests' end of a line, and the other end as a student could write on it. */
function line() {
  const folder = mkdtempSync(join(tmpdir(), 'bridge-'));
  const [there, back] = [join(folder, 'there'), join(folder, 'back')];
  execFileSync('mkfifo', [there, back]);
  const open = (path: string, flags: number) => openSync(path, flags);
  const held = [there, back].map((path) => open(path, constants.O_RDWR)); // so that nobody waits to open
  const peer = new Transport({
    input: open(there, constants.O_RDONLY),
    output: open(back, constants.O_WRONLY),
  });
  const bridge = new Bridge({
    input: open(back, constants.O_RDONLY),
    output: open(there, constants.O_WRONLY),
    caution: true,
    timeLeftMs: () => 200,
    onTensors: () => undefined,
  });
  const next = () => new Promise<void>((resolve) => setTimeout(resolve, 50));
  return {
    bridge,
    send: (message: Partial<Message>) => peer.send(encodeFrame({ ...empty, ...message }, [])),
    raw: (bytes: Uint8Array) => peer.send(bytes),
    /** Why the tests' end gave up. */
    loss: async () => {
      for (let i = 0; i < 100 && !bridge.loss; i++) await next();
      return bridge.loss;
    },
    /** What the tests' end answers. */
    reply: async (): Promise<Message> => {
      for (let i = 0; i < 100; i++) {
        await next();
        const frame = peer.wait(0);
        if (frame && 'header' in frame) return decodeFrame(frame.header, frame.data);
      }
      throw new Error('no reply');
    },
    close: () => {
      bridge.close();
      peer.close();
      for (const file of held) closeSync(file);
      rmSync(folder, { recursive: true });
    },
  };
}

describe('bridge', () => {
  let end: ReturnType<typeof line>;
  beforeEach(() => {
    end = line();
  });
  afterEach(() => end.close());

  it('lets the other process call a function that it was given', async () => {
    end.bridge.values.share((a: number, b: number) => a * b);
    end.send({ kind: 'call', values: [['u'], 6, 7] });
    const { kind, values } = await end.reply();
    assert.deepEqual([kind, values], ['return', [42]]);
  });

  it('shows of an object what it and its class have, not what all objects have', async () => {
    class Counter {
      total = 3;
      add() {}
    }
    end.bridge.values.share(new Counter());
    const seen: unknown[] = [];
    for (const key of ['total', 'constructor', '__proto__', 'hasOwnProperty', 'toString']) {
      end.send({ key });
      seen.push((await end.reply()).values[0]);
    }
    assert.deepEqual(seen, [3, ['u'], ['u'], ['u'], ['u']]);
  });

  it('shows nothing of a function, above all not how to make others', async () => {
    end.bridge.values.share(() => 1);
    for (const key of ['constructor', 'call', 'bind', 'prototype', '__proto__']) {
      end.send({ key });
      assert.deepEqual((await end.reply()).values, [['u']], key);
    }
  });

  it('lets nobody set or construct', async () => {
    const object = { size: 1 };
    end.bridge.values.share(object);
    end.send({ kind: 'set', key: 'size', values: [2] });
    assert.equal((await end.reply()).kind, 'throw');
    assert.equal(object.size, 1);
  });

  for (const [name, message] of [
    ['of an object that was never shared', { kind: 'call', target: 9 }],
    ['that answers what nobody asked', { kind: 'return' }],
    ['that settles a promise that nobody knows', { kind: 'resolve', target: 4 }],
  ] as const) {
    it(`takes no further word after a message ${name}`, async () => {
      end.send(message);
      assert.equal(await end.loss(), 'garbled');
      assert.throws(() => end.bridge.ask('get', { key: 'x' }), /wrote on the line/);
    });
  }

  it('refuses a length that no message has, at once', async () => {
    end.raw(Buffer.alloc(8, 255));
    assert.equal(await end.loss(), 'garbled');
  });

  it('waits no longer than it is told', () => {
    assert.throws(() => end.bridge.ask('get', { key: 'x' }), /not finished in time/);
    assert.equal(end.bridge.loss, 'timeout');
  });
});
