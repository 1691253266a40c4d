/** Ends a training from outside: by an `AbortSignal`, or by JupyterLab's stop button. */
export interface Stop {
  /** Settles as `work` does, or rejects as soon as the training is stopped. */
  race<T>(work: Promise<T>): Promise<T>;
  throwIfStopped(): void;
  /** Stops listening. */
  dispose(): void;
}

/** Listens to `signal` and to the notebook's stop button. */
export function listenForStop(signal?: AbortSignal): Stop {
  const controller = new AbortController();
  const stopped = controller.signal;
  const passOn = () => controller.abort(signal?.reason);
  if (signal?.aborted) passOn();
  signal?.addEventListener('abort', passOn);
  const stopListening = onKernelInterrupt(() => controller.abort(new Error('training interrupted')));
  return {
    // Not Promise.race: it would hang a reaction for every step on one promise that lives as long as the training.
    race: (work) =>
      new Promise((resolve, reject) => {
        const stop = () => reject(stopped.reason as Error);
        stopped.addEventListener('abort', stop, { once: true });
        work.then(resolve, reject).finally(() => stopped.removeEventListener('abort', stop));
      }),
    throwIfStopped: () => stopped.throwIfAborted(),
    dispose() {
      stopListening();
      signal?.removeEventListener('abort', passOn);
    },
  };
}

/**
 * Calls `onInterrupt` once when JupyterLab's stop button sends SIGINT to the notebook's kernel; returns the function
 * that stops listening. tslab ends the waiting cell by itself but not the work behind it. Outside a kernel nothing
 * listens: there SIGINT ends the process, as it should.
 */
function onKernelInterrupt(onInterrupt: () => void): () => void {
  if (!('__tslab__' in globalThis)) return () => undefined;
  process.once('SIGINT', onInterrupt);
  return () => process.removeListener('SIGINT', onInterrupt);
}
