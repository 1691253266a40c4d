/** What a client is answered instead of a result: an HTTP status and a sentence. */
export class ServingError extends Error {
  override name = 'ServingError';

  constructor(
    readonly statusCode: 400 | 401 | 404 | 413 | 415 | 429 | 499 | 500 | 503,
    message: string,
  ) {
    super(message);
  }
}

/** 400: the request itself is wrong. */
export function badRequest(message: string): ServingError {
  return new ServingError(400, message);
}

/** 503: nothing is wrong with the request; it may be sent again in a second. */
export function unavailable(message: string): ServingError {
  return new ServingError(503, message);
}
