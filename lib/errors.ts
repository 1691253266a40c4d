/**
 * A mistake of the user or their surroundings, not of the code: the message says what is wrong and what to do,
 * and the command line prints it alone, without a stack trace.
 */
export class CourseError extends Error {
  override name = 'CourseError';
}
