import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { download } from './http';
import type { DataSource } from './source';
import { readTar } from './tar';

/** A `.tar.gz` on the web that holds the wanted files by name, in whatever folder. */
export function archiveSource({ name, url }: { name: string; url: string }): DataSource {
  return {
    name,
    fetch: async (wanted, job) => {
      const path = join(job.partials, `${basename(url)}.part`);
      await download(url, path, { ...job, label: `downloading ${basename(url)}` });
      try {
        await pipeline(createReadStream(path), createGunzip(), (unpacked) =>
          readTar(unpacked, async (entry, content) => {
            const file = wanted.find((candidate) => candidate.name === basename(entry.name));
            if (file) await job.deliver(file, content);
          }),
        );
      } finally {
        await rm(path, { force: true }); // complete, so there is nothing to continue, right or wrong
      }
    },
  };
}

/** One gzipped file for each wanted file on the web, at `baseUrl/NAME.gz`. */
export function gzipFilesSource({ name, baseUrl }: { name: string; baseUrl: string }): DataSource {
  return {
    name,
    fetch: async (wanted, job) => {
      for (const file of wanted) {
        const path = join(job.partials, `${file.name}.gz.part`);
        await download(`${baseUrl}/${file.name}.gz`, path, { ...job, label: `downloading ${file.name}.gz` });
        try {
          await pipeline(createReadStream(path), createGunzip(), (unpacked) => job.deliver(file, unpacked));
        } finally {
          await rm(path, { force: true });
        }
      }
    },
  };
}
