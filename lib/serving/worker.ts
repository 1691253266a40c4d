/* A process that computes for the server: worker.js TASK, by `fork`. It ends when the server is gone. */
import { useBackend } from '../backend';
import { loadClassifier } from '../interchange';
import type { Engine } from './engine';
import { describeModel } from './model-description';
import { makeOnnxEngine } from './onnx-engine';
import { makeTensorflowEngine } from './tensorflow-engine';
import { makeWasmEngine } from './wasm-engine';
import type { PredictMessage, WorkerMessage, WorkerTask } from './worker-messages';

/** What holds the weights. */
const backends = { tensorflow: {}, onnx: { backend: 'cpu' }, wasm: { backend: 'wasm' } } as const;

const makers = { tensorflow: makeTensorflowEngine, onnx: makeOnnxEngine, wasm: makeWasmEngine } as const;

async function work(task: WorkerTask): Promise<void> {
  try {
    await useBackend(backends[task.engine]);
    const classifier = await loadClassifier(task.folder);
    const description = await describeModel(classifier);
    const engine = await makers[task.engine](classifier, task);
    process.on('message', (message: PredictMessage) => void answer(engine, message));
    send({ kind: 'ready', description, engine: engine.name });
  } catch (error) {
    send({ kind: 'failed', reason: messageOf(error) });
    process.disconnect();
  }
}

async function answer(engine: Engine, { id, pixels, count }: PredictMessage): Promise<void> {
  try {
    send({ kind: 'probabilities', id, probabilities: await engine.predict(pixels, count) });
  } catch (error) {
    send({ kind: 'error', id, reason: messageOf(error) });
  }
}

function send(message: WorkerMessage): void {
  process.send?.(message, undefined, undefined, () => undefined); // a server that is gone needs no answer
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

if (require.main === module) {
  // Ctrl-C reaches every process of a terminal; the server decides when its workers end.
  process.on('SIGINT', () => undefined).on('SIGTERM', () => undefined);
  process.once('disconnect', () => process.exit()); // native threads would keep it
  void work(JSON.parse(process.argv[2]) as WorkerTask);
}
