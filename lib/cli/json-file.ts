import { readFile } from 'node:fs/promises';
import { CourseError } from '../errors';

/** What the JSON file holds; throws a CourseError for one that cannot be read, or is not JSON. */
export async function readJsonFile(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw new CourseError(`${file}: cannot be read: ${error.message}`);
  });
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CourseError(`${file}: not JSON: ${(error as Error).message}`);
  }
}
