import { join } from 'node:path';
import { Command } from 'commander';
import { CourseError } from '../errors';
import { compareConfigs, listRuns, type Run } from '../runs';
import { count, percent } from './format';
import { runsFolder } from './options';

/** `course runs`: the trainings so far, side by side. */
export function runsCommand(): Command {
  return new Command('runs')
    .description('list the trainings so far, or compare some of them')
    .argument('[names...]', 'runs to compare (default: list all)')
    .option('--folder <folder>', 'where the runs are', runsFolder())
    .option('--json', 'print them as JSON')
    .action(async (names: readonly string[], { folder, json }: { folder: string; json?: boolean }) => {
      const all = await listRuns(folder);
      const runs = names.length > 0 ? names.map((name) => find(all, name, folder)) : all;
      if (json) console.log(JSON.stringify(runs, null, 2));
      else if (runs.length === 0) console.log(`no runs in ${folder}; make one with: npx course train`);
      else console.log(names.length > 0 ? renderComparison(runs) : renderList(runs));
    });
}

function find(runs: readonly Run[], name: string, folder: string): Run {
  const run = runs.find((each) => each.name === name);
  if (!run) throw new CourseError(`${join(folder, name)}: there is no run here; see: npx course runs`);
  return run;
}

function renderList(runs: readonly Run[]): string {
  return renderTable([
    ['run', 'model', 'dataset', 'seed', 'epochs', 'validation', 'test', 'seconds', 'images/s'],
    ...runs.map(({ name, config, ...run }) => [
      ...[name, config.model, config.dataset, String(config.seed), String(config.epochs)],
      ...measuresOf(run),
    ]),
  ]);
}

function measuresOf({ history, result }: Pick<Run, 'history' | 'result'>): string[] {
  if (!result) return ['unfinished', '-', '-', '-'];
  const last = history[history.length - 1]?.validationAccuracy;
  return [
    last === undefined ? '-' : percent(last),
    percent(result.test.accuracy),
    result.seconds.toFixed(1),
    count(result.imagesPerSecond),
  ];
}

/** Only the settings that differ, then what they led to. */
function renderComparison(runs: readonly Run[]): string {
  const measures = runs.map(measuresOf);
  const rows = ['last validation', 'test', 'seconds', 'images/s'];
  return renderTable([
    ['', ...runs.map(({ name }) => name)],
    ...compareConfigs(runs).map(({ setting, values }) => [setting, ...values]),
    ...rows.map((row, i) => [row, ...measures.map((values) => values[i])]),
  ]);
}

function renderTable(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
