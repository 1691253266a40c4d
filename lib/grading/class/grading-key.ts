import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { CourseError } from '../../errors';
import { courseRoot } from '../../paths';
import type { GradeLimits } from '../grades';
import { byText } from './plain-text';
import { hashOf } from './read-file';
import type { Submission } from './submissions';

/** What a grade is the grade of: equal keys, equal grades. */
export type GradingKey = (submission: Pick<Submission, 'chapter' | 'sha256'>) => string;

/**
 * The key of a submission's grade: a hash of the file, its chapter, the instructor's tests and solution as they are now, and
 * the limits that answers run under. What changes any of them has the submission graded again.
 */
export function gradingKey({
  root = courseRoot(),
  limits = {},
  unsafe = false,
}: {
  readonly root?: string;
  readonly limits?: GradeLimits;
  readonly unsafe?: boolean;
} = {}): GradingKey {
  const hashes = new Map<string, string>();
  const { seconds, memoryBytes, processes, diskBytes } = limits;
  return ({ chapter, sha256 }) => {
    const instructor = hashes.get(chapter) ?? instructorHash(chapter, { root });
    hashes.set(chapter, instructor);
    const run = [seconds, memoryBytes, processes, diskBytes, unsafe];
    return hashOf(JSON.stringify(['course-grade 1', sha256, chapter, instructor, ...run]));
  };
}

/** Hash of a chapter with its solutions, its tests, and every file of the course that the tests import, however far. */
export function instructorHash(chapter: string, { root = courseRoot() } = {}): string {
  const files = new Map<string, string>();
  const add = (path: string): void => {
    const name = relative(root, path).replaceAll('\\', '/');
    if (files.has(name)) return;
    const text = readFileSync(path, 'utf8');
    files.set(name, text);
    for (const [, id] of text.matchAll(importedPath)) {
      const found = resolveImport(resolve(dirname(path), id));
      if (found) add(found);
    }
  };
  add(join(root, 'solutions', `${chapter}.ts`));
  add(testFileOf(chapter, root));
  return hashOf(JSON.stringify([...files].sort(([a], [b]) => byText(a, b))));
}

// `from './x'`, `import('./x')`, `require('./x')`, `import './x'`; more than is imported does no harm.
const importedPath = /(?:from|import|require)\s*\(?\s*['"](\.{1,2}\/[^'"\n]+)['"]/g;

function resolveImport(path: string): string | undefined {
  const candidates = [path, `${path}.ts`, join(path, 'index.ts'), path.replace(/\.js$/, '.ts')];
  return candidates.find((candidate) => existsSync(candidate) && statSync(candidate).isFile());
}

function testFileOf(chapter: string, root: string): string {
  const folder = join(root, 'test', 'chapters');
  const start = chapter.slice(0, 3);
  const files = existsSync(folder) ? readdirSync(folder).sort() : [];
  const name = files.find((file) => file.startsWith(start) && file.endsWith('.test.ts'));
  if (name === undefined)
    throw new CourseError(`no tests for ${chapter}: test/chapters/${chapter}.test.ts is missing`);
  return join(folder, name);
}
