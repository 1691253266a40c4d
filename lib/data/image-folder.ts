import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CourseError } from '../errors';
import type { OnProgress } from '../progress';
import type { ImageDataset } from './dataset';
import { type ImageSize, readImage } from './image-file';
import { makeDataset, sharedBytes } from './store';

export interface ImageFolderOptions extends ImageSize {
  /** Default `images`. */
  readonly name?: string;
  readonly onProgress?: OnProgress;
}

/**
 * Pictures sorted into folders that are named after their classes (`photos/cat/1.jpg`), as one dataset. Classes and
 * files come in the order of their names. Files that do not end in jpg, jpeg, png or webp, hidden files and links are
 * passed over; a class may not be empty.
 * @throws CourseError, naming the folder or file, for anything that cannot be read.
 */
export async function readImageFolder(
  folder: string,
  { name = 'images', onProgress, ...size }: ImageFolderOptions,
): Promise<ImageDataset> {
  const { height, width, channels = 3 } = size;
  const classNames = await listFolder(folder, 'folders');
  if (classNames.length === 0)
    throw new CourseError(`${folder}: expected a folder of pictures for each class`);
  if (classNames.length > 256) {
    throw new CourseError(`${folder}: expected at most 256 classes, got ${classNames.length}`);
  }
  const files: { path: string; label: number }[] = [];
  for (const [label, className] of classNames.entries()) {
    const names = await listFolder(join(folder, className), 'pictures');
    if (names.length === 0) {
      throw new CourseError(`${join(folder, className)}: expected pictures (jpg, png or webp), found none`);
    }
    for (const file of names) files.push({ path: join(folder, className, file), label });
  }
  const imageBytes = height * width * channels;
  const pixels = sharedBytes(files.length * imageBytes);
  for (const [i, { path }] of files.entries()) {
    pixels.set((await readImage(path, size)).pixels, i * imageBytes);
    onProgress?.({ label: `reading ${name}`, done: i + 1, total: files.length, unit: 'images' });
  }
  const labels = Uint8Array.from(files, ({ label }) => label);
  return makeDataset({ name, height, width, channels, classNames, labels, pixels });
}

async function listFolder(folder: string, kind: 'folders' | 'pictures'): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    throw new CourseError(`${folder}: this folder cannot be read (${error.code})`);
  });
  return entries
    .filter((entry) => !entry.name.startsWith('.'))
    .filter((entry) =>
      kind === 'folders' ? entry.isDirectory() : entry.isFile() && /\.(jpe?g|png|webp)$/i.test(entry.name),
    )
    .map((entry) => entry.name)
    .sort();
}
