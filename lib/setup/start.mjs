// `npm start`: the set-up where something is missing, then JupyterLab with the first notebook, and beside it a compiler
// that brings every edit of lib/ to the notebooks. Further arguments go to JupyterLab: `npm start -- --no-browser`.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, stateFolder, venvPython } from './paths.mjs';
import { runMain, setup } from './setup.mjs';

const jupyterFolder = join(stateFolder, 'jupyter');

/** JupyterLab's own files go into .course, so that another Jupyter of the user is neither read nor changed. */
function jupyterEnvironment() {
  const labconfig = join(jupyterFolder, 'config', 'labconfig');
  mkdirSync(labconfig, { recursive: true });
  // Without this, each newcomer is asked first whether they would like to get news of Jupyter.
  const page = { disabledExtensions: { '@jupyterlab/apputils-extension:announcements': true } };
  writeFileSync(join(labconfig, 'page_config.json'), JSON.stringify(page));
  return {
    ...process.env,
    JUPYTER_CONFIG_DIR: join(jupyterFolder, 'config'),
    JUPYTER_DATA_DIR: join(jupyterFolder, 'data'),
    JUPYTER_RUNTIME_DIR: join(jupyterFolder, 'runtime'),
  };
}

/** @param {readonly string[]} extra */
function jupyterArguments(extra) {
  const first = join('notebooks', '01-loading.ipynb');
  const page = existsSync(join(root, first)) ? first.replaceAll('\\', '/') : 'notebooks';
  return [
    ...['-m', 'jupyterlab', `--ServerApp.root_dir=${root}`, `--LabApp.default_url=/lab/tree/${page}`],
    // One kernel: the TypeScript of the course.
    ...[
      '--KernelSpecManager.ensure_native_kernel=False',
      "--KernelSpecManager.allowed_kernelspecs={'tslab'}",
      '--MultiKernelManager.default_kernel_name=tslab',
    ],
    ...['--Application.log_level=WARN', '-y'],
    ...(process.getuid?.() === 0 ? ['--allow-root'] : []),
    ...extra,
  ];
}

async function start() {
  await setup({ retry: false });
  const buildLog = openSync(join(stateFolder, 'build.log'), 'w');
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const watch = spawn(
    process.execPath,
    [compiler, '-p', join(root, 'lib'), '--watch', '--preserveWatchOutput'],
    {
      cwd: root,
      stdio: ['ignore', buildLog, buildLog],
    },
  );
  const jupyter = spawn(venvPython, jupyterArguments(process.argv.slice(2)), {
    cwd: root,
    env: jupyterEnvironment(),
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  console.log(
    'JupyterLab is starting; Ctrl-C stops it. Edits of lib/ are compiled at once (.course/build.log).',
  );

  let stopped = false;
  const stop = () => {
    stopped = true;
    watch.kill('SIGTERM');
    jupyter.kill('SIGTERM'); // JupyterLab then ends its kernels
    setTimeout(() => jupyter.kill('SIGKILL'), 10_000).unref();
  };
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, stop);
  jupyter.on('error', (error) => {
    console.error(
      `JupyterLab cannot be started (${error.message}); delete the folder .course/venv and run: npm start`,
    );
    stop();
  });
  jupyter.on('exit', (code) => {
    watch.kill('SIGTERM');
    process.exitCode = stopped ? 0 : (code ?? 1);
  });
}

await runMain(start);
