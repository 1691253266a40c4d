#!/usr/bin/env node
// `npx course`: the command line, once the set-up has built it.
const { existsSync } = require('node:fs');
const { join } = require('node:path');

const main = join(__dirname, 'dist', 'cli', 'main.js');
if (existsSync(main)) {
  require(main).main(process.argv);
} else {
  console.error('course: the library is not built yet; run: npm run setup');
  process.exitCode = 1;
}
