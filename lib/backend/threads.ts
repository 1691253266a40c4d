import { availableParallelism } from 'node:os';
import { CourseError } from '../errors';

/**
 * How many threads may compute: `COURSE_THREADS` where it is set, as it is for each of several processes that share a
 * machine, else one for each processor.
 */
export function threadLimit(
  wanted = process.env.COURSE_THREADS,
  processors = availableParallelism(),
): number {
  if (wanted === undefined || wanted === '') return processors;
  const threads = Number(wanted);
  if (Number.isInteger(threads) && threads >= 1 && threads <= 1024) return threads;
  throw new CourseError(`COURSE_THREADS: expected a whole number from 1 to 1024, got ${wanted}`);
}
