import type { Program } from '../../lib/bench/process';

/** A contender of a few lines: `onRound` is the body of what it does for a line, `first` what it says when it starts. */
export function fake(
  onRound: string,
  { first = { ready: true, versions: { fake: '1' }, settings: {} } }: { first?: object } = {},
): Program {
  const code = `
    const say = (fields) => process.stdout.write(JSON.stringify(fields) + '\\n');
    say(${JSON.stringify(first)});
    require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
      const { round } = JSON.parse(line);
      ${onRound}
    });`;
  return { command: process.execPath, args: ['-e', code] };
}
