import * as converter from 'tslab/dist/converter';
import { startKernel } from 'tslab/dist/main';
import { rewriteForTslab } from './rewrite';

/** Starts tslab as the kernel of JupyterLab's connection file `configPath`, with `rewriteForTslab` before each cell. */
export function main(configPath: string): void {
  const { createConverter } = converter;
  // tslab calls createConverter through its module, so that replacing it there reaches it.
  Object.assign(converter, {
    createConverter: (options: Parameters<typeof createConverter>[0]) => {
      const original = createConverter(options);
      return {
        ...original,
        convert: (previous: string, source: string) => original.convert(previous, rewriteForTslab(source)),
      };
    },
  });
  startKernel({ configPath, enableFindLocal: false });
}
