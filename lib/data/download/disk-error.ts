import { CourseError } from '../../errors';

/**
 * The CourseError for an error of the local disk, which no other source would cure; undefined for any other error.
 * A full disk counts wherever it is (npm's cache may be on another one), the rest only below `home`.
 */
export function diskError(
  error: unknown,
  { home, name }: { home: string; name: string },
): CourseError | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, path } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new CourseError(
      `${home}: the disk is full (${code}); free about 600 MB or set COURSE_DATA to another folder, then run: npx course data ${name}`,
    );
  }
  // Creating a folder fails with a path at or above `home`, writing a file with one below it.
  const local = path !== undefined && (path.startsWith(home) || home.startsWith(path));
  if (local && code !== undefined && ['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST'].includes(code)) {
    return new CourseError(
      `${home}: this folder cannot be written (${code}); make it writable or set COURSE_DATA to another folder, then run: npx course data ${name}`,
    );
  }
  return undefined;
}
