import { stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { Command, Option } from 'commander';
import { useBackend } from '../backend';
import {
  type ExportFormatName,
  exportClassifier,
  exportFormats,
  extensionOf,
  loadClassifier,
  loadingLine,
} from '../interchange';
import { count } from './format';
import { defaultModelFolder } from './options';

interface ExportCommandOptions {
  readonly to: ExportFormatName;
  readonly out?: string;
  readonly dataset: string;
  readonly json?: boolean;
}

/** `course export`: a model in the format of another framework. */
export function exportCommand(): Command {
  return new Command('export')
    .description('write a model for Keras, TensorFlow, PyTorch, ONNX Runtime or TensorFlow.js')
    .argument('[model]', 'folder of the model or run (default: the newest run)')
    .addOption(new Option('--to <format>', 'what to write').choices(exportFormats).makeOptionMandatory())
    .option('--out <path>', 'where to (default: here, named like the model)')
    .option('--dataset <name>', 'of which dataset the newest run is meant', 'cifar10')
    .option('--json', 'print the result as JSON')
    .action(async (folder: string | undefined, { to, out, dataset, json }: ExportCommandOptions) => {
      await useBackend();
      const source = folder ?? (await defaultModelFolder(dataset));
      const path = out ?? defaultPath(source, to);
      await exportClassifier(await loadClassifier(source), path, { to });
      const bytes = await sizeOf(path);
      const load = loadingLine(to, path);
      if (json) console.log(JSON.stringify({ source, path, format: to, bytes, load }));
      else console.log(`${source} -> ${path}, ${count(bytes / 1000)} kB\nload it with: ${load}`);
    });
}

/** Such as `./resnet-cifar10-1.onnx`; a run keeps its model in a folder named `model`. */
function defaultPath(source: string, to: ExportFormatName): string {
  const folder = resolve(source);
  const name = basename(basename(folder) === 'model' ? dirname(folder) : folder);
  return `${name}${extensionOf(to) || `-${to}`}`;
}

/** In bytes; of a folder, that of the files that an export puts there. */
async function sizeOf(path: string): Promise<number> {
  const found = await stat(path);
  if (!found.isDirectory()) return found.size;
  const files = ['model.json', 'weights.bin', 'saved_model.pb'].map((name) => join(path, name));
  const sizes = await Promise.all(
    files.map((file) =>
      stat(file).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
