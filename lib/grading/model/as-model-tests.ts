import type { ModelTests } from './model-tests';

/** What `question` was given as tests of a model, where that is what it is; loads nothing that only those need. */
export function asModelTests(define: object): ModelTests<object> | undefined {
  return 'model' in define && 'checks' in define ? (define as ModelTests<object>) : undefined;
}
