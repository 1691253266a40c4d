// The command in kernel.json: JupyterLab starts the course's TypeScript kernel by it.
require('./dist/kernel/main.js').main(process.argv[2]);
