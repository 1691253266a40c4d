import { execFileSync } from 'node:child_process';
import { chmod, copyFile, mkdir, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeError } from '../../atomic-file';
import { CourseError } from '../../errors';
import { courseRoot } from '../../paths';

/** What answers are not graded with: recorded runs, other people's documentation, editors' settings. */
const leftOut = /^(data\/(?!README)|\.git|\.github\/)/;

/**
 * Writes to `folder`, which must be new or empty, what Gradescope's autograder zip holds: `setup.sh`, which builds the
 * container, `run_autograder`, which grades one submission in it, and `course/`, this course with its solutions and tests.
 * Returns the number of files.
 */
export async function writeAutograder(folder: string, { root = courseRoot() } = {}): Promise<number> {
  const present = await readdir(folder).catch(() => []);
  if (present.length > 0) {
    throw new CourseError(`${folder}: expected a new or empty folder, got ${present.length} files in it`);
  }
  const files = courseFiles(root);
  try {
    for (const file of files) {
      const target = join(folder, 'course', file);
      await mkdir(dirname(target), { recursive: true });
      await copyFile(join(root, file), target);
    }
    for (const script of ['setup.sh', 'run_autograder']) {
      await copyFile(join(root, 'lib', 'grading', 'class', 'autograder', script), join(folder, script));
      await chmod(join(folder, script), 0o755);
    }
  } catch (error) {
    throw writeError(folder, error);
  }
  return files.length + 2;
}

/** What git knows or would add: no results, no packages. */
function courseFiles(root: string): readonly string[] {
  try {
    const command = ['-C', root, 'ls-files', '-z', '--cached', '--others', '--exclude-standard'];
    const list = execFileSync('git', command, { encoding: 'utf8', maxBuffer: 2 ** 26, stdio: 'pipe' });
    return list.split('\0').filter((file) => file !== '' && !leftOut.test(file));
  } catch (error) {
    throw new CourseError(
      `${root}: git cannot list the course's files (${(error as Error).message.split('\n')[0]})`,
    );
  }
}
