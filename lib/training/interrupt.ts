/**
 * Calls `onInterrupt` once when JupyterLab's stop button sends SIGINT to the notebook's kernel; returns the function
 * that stops listening. tslab ends the waiting cell by itself but not the work behind it. Outside a kernel nothing
 * listens: there SIGINT ends the process, as it should.
 */
export function onKernelInterrupt(onInterrupt: () => void): () => void {
  if (!('__tslab__' in globalThis)) return () => undefined;
  process.once('SIGINT', onInterrupt);
  return () => process.removeListener('SIGINT', onInterrupt);
}
