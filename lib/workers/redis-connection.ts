import Redis, { type RedisOptions } from 'ioredis';
import { CourseError } from '../errors';

/** Where a Redis is, and what it wants to know. */
export interface RedisAddress {
  /** For messages: without user and password. */
  readonly name: string;
  readonly options: RedisOptions;
}

/**
 * The address of a Redis from its URL, `redis://` or with TLS `rediss://`, `//user:password@host:port/database`. User and
 * password are better given in `REDIS_USERNAME` and `REDIS_PASSWORD`, which no list of processes shows. Throws a
 * CourseError, without repeating a URL that may hold a password.
 */
export function parseRedisUrl(text: string, env: NodeJS.ProcessEnv = process.env): RedisAddress {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const database = /^\/?(\d*)$/.exec(url?.pathname ?? '')?.[1];
  if (!url || !['redis:', 'rediss:'].includes(url.protocol) || !url.hostname || database === undefined) {
    throw new CourseError(
      'the URL of Redis: expected redis://HOST:6379, or rediss:// for TLS, got another; correct it',
    );
  }
  const port = url.port ? Number(url.port) : 6379;
  const host = url.hostname.replace(/^\[|\]$/g, ''); // an IPv6 address
  return {
    name: `${url.protocol}//${url.hostname}:${port}${database ? `/${database}` : ''}`,
    options: {
      host,
      port,
      username: decodeURIComponent(url.username) || env.REDIS_USERNAME || undefined,
      password: decodeURIComponent(url.password) || env.REDIS_PASSWORD || undefined,
      db: Number(database || 0),
      ...(url.protocol === 'rediss:' && { tls: { servername: host } }),
    },
  };
}

/** `text`, a command line say, without the user and password of any URL in it. */
export function hidePasswords(text: string): string {
  return text.replace(/(\brediss?:\/\/)[^@\s/]*@/g, '$1');
}

export interface RedisConnectionOptions {
  /** Told once each time that Redis is away, and when it is back. */
  readonly onState?: (state: 'away' | 'back') => void;
}

/**
 * Connects to Redis, once; a connection that is lost later is made again, for as long as it takes, and commands wait
 * meanwhile. Throws a CourseError in one sentence where the first attempt fails. The caller disconnects it.
 */
export async function connectRedis(
  { name, options }: RedisAddress,
  { onState }: RedisConnectionOptions = {},
): Promise<Redis> {
  let connected = false;
  let away = false;
  let problem: Error | undefined;
  const redis = new Redis({
    connectTimeout: 5000,
    ...options,
    lazyConnect: true,
    maxRetriesPerRequest: null, // BullMQ's blocking commands wait as long as they must
    retryStrategy: (attempt) => (connected ? Math.min(100 * attempt, 2000) : null),
  });
  redis.on('error', (error: Error) => {
    problem ??= error; // told by `connect` below; later ones by `onState`
  });
  redis.on('close', () => {
    if (connected && !away) onState?.('away');
    away = true;
  });
  redis.on('ready', () => {
    if (connected && away) onState?.('back');
    away = false;
  });
  try {
    await redis.connect();
    await redis.ping();
  } catch (error) {
    redis.disconnect();
    throw new CourseError(`${name}: ${explain(problem ?? error)}`);
  }
  connected = true;
  return redis;
}

function explain(error: unknown): string {
  const { message, code } = error as Error & { readonly code?: string };
  if (/WRONGPASS|invalid password/i.test(message))
    return 'refused the password; correct REDIS_PASSWORD or the URL';
  if (/NOAUTH|Authentication required/i.test(message)) return 'wants a password; set REDIS_PASSWORD';
  if (/NOPERM/.test(message)) return 'this user may not do that; allow it all commands, or take another user';
  return `cannot be reached (${code ?? message}); start Redis there, or correct the URL`;
}
