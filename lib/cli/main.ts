import { Command } from 'commander';
import { CourseError } from '../errors';

/** Each loads what it needs, and no other does: a command that only prints should not wait for TensorFlow.js. */
const commands = {
  doctor: () => (require('./doctor') as typeof import('./doctor')).doctorCommand(),
  data: () => (require('./data') as typeof import('./data')).dataCommand(),
  train: () => (require('./train') as typeof import('./train')).trainCommand(),
  runs: () => (require('./runs') as typeof import('./runs')).runsCommand(),
  ablation: () => (require('./ablation') as typeof import('./ablation')).ablationCommand(),
  tune: () => (require('./tune') as typeof import('./tune')).tuneCommand(),
  'tune-worker': () => (require('./tune-worker') as typeof import('./tune-worker')).tuneWorkerCommand(),
  transfer: () => (require('./transfer') as typeof import('./transfer')).transferCommand(),
  evaluate: () => (require('./evaluate') as typeof import('./evaluate')).evaluateCommand(),
  predict: () => (require('./predict') as typeof import('./predict')).predictCommand(),
  export: () => (require('./export') as typeof import('./export')).exportCommand(),
  import: () => (require('./import') as typeof import('./import')).importCommand(),
  serve: () => (require('./serve') as typeof import('./serve')).serveCommand(),
  notebooks: () => (require('./notebooks') as typeof import('./notebooks')).notebooksCommand(),
  assign: () => (require('./assign') as typeof import('./assign')).assignCommand(),
  grade: () => (require('./grade') as typeof import('./grade')).gradeCommand(),
  bench: () => (require('./bench') as typeof import('./bench')).benchCommand(),
} satisfies Record<string, () => Command>;

/** The command line, not yet run, with the command `name` alone, or with all where there is none of that name. */
export function buildProgram(name?: string): Command {
  const program = new Command('course')
    .description('Image classification in TypeScript, from raw bytes to a served model')
    .showHelpAfterError();
  const named = Object.entries(commands).filter(([each]) => each === name);
  for (const [, load] of named.length > 0 ? named : Object.entries(commands)) program.addCommand(load());
  return program;
}

/** Runs the command in `argv` (node, script, arguments ...); a user's mistake ends in one sentence and exit code 1. */
export async function main(argv: readonly string[]): Promise<void> {
  try {
    await buildProgram(argv[2]).parseAsync(argv);
  } catch (error) {
    if (!(error instanceof CourseError)) throw error;
    console.error(`course: ${error.message}`);
    process.exitCode = 1;
  }
}
