import type { Request } from './payloads';

/** One server under one load for some seconds. */
export interface Load {
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Answers other than 2xx, timeouts, connections that broke. */
  readonly failures: number;
}

/** What is used of https://www.npmjs.com/package/autocannon, which brings no types. */
type Autocannon = (options: {
  readonly url: string;
  readonly method: 'POST';
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  readonly connections: number;
  /** In seconds. */
  readonly duration: number;
}) => Promise<{
  readonly '2xx': number;
  readonly non2xx: number;
  readonly errors: number;
  readonly timeouts: number;
  readonly duration: number;
  /** In milliseconds. */
  readonly latency: { readonly p50: number; readonly p99: number };
}>;

const autocannon: Autocannon = require('autocannon');

/** Asks the same again and again over `connections` kept open, each as soon as it has its answer. */
export async function shoot(
  address: string,
  { path, body, headers }: Request,
  { connections, duration }: { readonly connections: number; readonly duration: number },
): Promise<Load> {
  const url = address + path;
  const result = await autocannon({ url, method: 'POST', body, headers, connections, duration });
  return {
    requestsPerSecond: result['2xx'] / result.duration,
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
    failures: result.non2xx + result.errors + result.timeouts,
  };
}
