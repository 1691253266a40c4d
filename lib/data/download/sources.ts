import type { DatasetName } from '../catalogue';
import { archiveSource, gzipFilesSource } from './archive';
import { aptFashionMnistSource, installedFashionMnistSource } from './debian';
import { npmCifar10Source } from './npm-cifar10';
import type { DataSource } from './source';

/** Where each dataset may come from, in the order tried: what is on this machine, package registries, official sites. */
export function defaultSources(name: DatasetName): readonly DataSource[] {
  if (name === 'cifar10') {
    return [
      npmCifar10Source(),
      archiveSource({
        name: 'official archive',
        url: 'https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz',
      }),
    ];
  }
  return [
    installedFashionMnistSource(),
    aptFashionMnistSource(),
    gzipFilesSource({
      name: 'official files',
      baseUrl: 'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com',
    }),
  ];
}
