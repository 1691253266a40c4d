import { open, rm, stat } from 'node:fs/promises';
import type { OnProgress } from '../../progress';
import { watched, withinTime } from './stream';

export interface DownloadOptions {
  /** Shown in the progress reports, such as `downloading cifar-10-binary.tar.gz`. */
  readonly label: string;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
  readonly stallMs: number;
}

/**
 * Downloads `url` into the file `path`. A file already there is taken for the beginning of it and continued with a
 * Range request (RFC 9110, section 14), or begun again where the server does not know ranges. When the connection is
 * lost the file stays, for the next run. The bytes are not checked here.
 */
export async function download(url: string, path: string, options: DownloadOptions): Promise<void> {
  const have = (await stat(path).catch(() => undefined))?.size ?? 0;
  const connection = new AbortController();
  try {
    const response = await withinTime(
      fetch(url, {
        headers: { 'accept-encoding': 'identity', ...(have > 0 && { range: `bytes=${have}-` }) },
        signal: connection.signal,
      }),
      options,
    );
    if (response.status === 416 && have > 0) {
      // Nothing lies beyond what we have, so it is not a beginning of this file: begin again.
      await rm(path, { force: true });
      return await download(url, path, options);
    }
    if (!response.ok || !response.body) throw new Error(`${url}: HTTP ${response.status}`);
    const continued = response.status === 206;
    if (continued && !response.headers.get('content-range')?.startsWith(`bytes ${have}-`)) {
      throw new Error(`${url}: asked for bytes from ${have}, got ${response.headers.get('content-range')}`);
    }
    await save(response, path, { ...options, start: continued ? have : 0 });
  } catch (error) {
    // On a full disk the beginning is of less use than the room it takes.
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') await rm(path, { force: true });
    throw causeOf(error, url);
  } finally {
    connection.abort(); // closes the socket of a stalled or refused answer
  }
}

async function save(response: Response, path: string, options: DownloadOptions & { start: number }) {
  const { label, onProgress, signal, stallMs, start } = options;
  const length = Number(response.headers.get('content-length') ?? Number.NaN);
  const total = Number.isFinite(length) ? start + length : undefined;
  const onBytes = (bytes: number): void => onProgress?.({ label, done: start + bytes, total, unit: 'bytes' });
  const handle = await open(path, start > 0 ? 'a' : 'w');
  try {
    for await (const chunk of watched(chunksOf(response), { signal, stallMs, onBytes })) {
      await handle.writeFile(chunk);
    }
  } finally {
    await handle.close();
  }
}

async function* chunksOf(response: Response): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader();
  while (reader) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}

/** `fetch` hides the reason of a failure (refused, unknown host, reset) in `cause`. */
function causeOf(error: unknown, url: string): unknown {
  if (!(error instanceof TypeError && error.cause instanceof Error)) return error;
  const { code, message } = error.cause as NodeJS.ErrnoException;
  return new Error(`${url}: ${code ?? message}`, { cause: error.cause });
}
