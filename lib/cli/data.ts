import { Command } from 'commander';
import {
  catalogue,
  checkFiles,
  datasetFolder,
  fetchDataset,
  parseDatasetName,
  refuseProblems,
} from '../data';
import { CourseError } from '../errors';
import { dataFolder } from '../paths';
import { ProgressBar } from './progress-bar';

interface DataCommandOptions {
  readonly folder?: string;
  readonly check?: boolean;
  readonly json?: boolean;
}

/** `course data`: brings a dataset to this computer, or repairs or checks the one that is here. */
export function dataCommand(): Command {
  return new Command('data')
    .description('fetch a dataset, or replace what is missing or damaged of it')
    .argument('[dataset]', 'cifar10 or fashion-mnist', 'cifar10')
    .option('--folder <folder>', 'data folder (default: COURSE_DATA, or data/ in the course)')
    .option('--check', 'read and check every file, fetch nothing')
    .option('--json', 'print the result as JSON')
    .action(runData);
}

async function runData(dataset: string, { folder = dataFolder(), check, json }: DataCommandOptions) {
  const name = parseDatasetName(dataset);
  const home = datasetFolder(name, { folder });
  const { fetched, repaired } = check ? await checkDataset() : await fetchWithBar();
  if (json) {
    console.log(JSON.stringify({ dataset: name, folder: home, fetched, repaired }));
    return;
  }
  for (const problem of repaired) console.log(`replaced ${problem}`);
  const from = [...new Set(fetched.map(({ source }) => source))].join(', ');
  const what = fetched.length > 0 ? `${fetched.length} file(s) fetched from ${from}` : 'all files were there';
  console.log(`${name}: ${what}, every sha256 right; in ${home}`);

  async function checkDataset() {
    refuseProblems(catalogue[name], await checkFiles(catalogue[name], { folder, rehash: true }));
    return { fetched: [], repaired: [] };
  }

  async function fetchWithBar() {
    const bar = new ProgressBar();
    const stop = new AbortController();
    const interrupt = () => stop.abort(new CourseError(`stopped; to continue, run: npx course data ${name}`));
    process.once('SIGINT', interrupt);
    try {
      return await fetchDataset(name, { folder, onProgress: bar.update, signal: stop.signal });
    } finally {
      process.off('SIGINT', interrupt);
      bar.end();
    }
  }
}
