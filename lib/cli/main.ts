import { Command } from 'commander';
import { CourseError } from '../errors';
import { ablationCommand } from './ablation';
import { assignCommand } from './assign';
import { benchCommand } from './bench';
import { dataCommand } from './data';
import { doctorCommand } from './doctor';
import { evaluateCommand } from './evaluate';
import { exportCommand } from './export';
import { gradeCommand } from './grade';
import { importCommand } from './import';
import { notebooksCommand } from './notebooks';
import { predictCommand } from './predict';
import { runsCommand } from './runs';
import { serveCommand } from './serve';
import { trainCommand } from './train';
import { transferCommand } from './transfer';
import { tuneCommand } from './tune';
import { tuneWorkerCommand } from './tune-worker';

/** The whole command line, not yet run: tests parse their own arguments with it. */
export function buildProgram(): Command {
  return new Command('course')
    .description('Image classification in TypeScript, from raw bytes to a served model')
    .showHelpAfterError()
    .addCommand(doctorCommand())
    .addCommand(dataCommand())
    .addCommand(trainCommand())
    .addCommand(runsCommand())
    .addCommand(ablationCommand())
    .addCommand(tuneCommand())
    .addCommand(tuneWorkerCommand())
    .addCommand(transferCommand())
    .addCommand(evaluateCommand())
    .addCommand(predictCommand())
    .addCommand(exportCommand())
    .addCommand(importCommand())
    .addCommand(serveCommand())
    .addCommand(notebooksCommand())
    .addCommand(assignCommand())
    .addCommand(gradeCommand())
    .addCommand(benchCommand());
}

/** Runs the command in `argv` (node, script, arguments ...); a user's mistake ends in one sentence and exit code 1. */
export async function main(argv: readonly string[]): Promise<void> {
  try {
    await buildProgram().parseAsync(argv);
  } catch (error) {
    if (!(error instanceof CourseError)) throw error;
    console.error(`course: ${error.message}`);
    process.exitCode = 1;
  }
}
