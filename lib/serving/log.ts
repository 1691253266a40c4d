/** Where the server writes what happens: facts as an object, then a sentence. Fastify's logger is one. */
export interface Log {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
}

export const silent: Log = { info: () => undefined, warn: () => undefined };
