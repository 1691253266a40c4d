// `course serve` and no other command: what the container runs. The token can come from a file, as secrets do there.
const { readFileSync } = require('node:fs');
const { serveCommand } = require('../lib/dist/cli/serve.js');
const { CourseError } = require('../lib/dist/errors.js');

async function main() {
  const { COURSE_TOKEN_FILE: file } = process.env;
  if (file) process.env.COURSE_TOKEN = readToken(file);
  await serveCommand().parseAsync(process.argv);
}

/** @param {string} file */
function readToken(file) {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    const { code } = /** @type {NodeJS.ErrnoException} */ (error);
    throw new CourseError(
      `COURSE_TOKEN_FILE: cannot read ${file}: ${code}; it holds the token and nothing else`,
    );
  }
}

main().catch((error) => {
  if (!(error instanceof CourseError)) throw error;
  console.error(`course: ${error.message}`);
  process.exitCode = 1;
});
