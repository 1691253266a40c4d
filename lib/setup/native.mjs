// Step 5: TensorFlow's native library under TensorFlow.js, many times faster than WebAssembly. `@tensorflow/tfjs-node`
// as npm installs it downloads an old TensorFlow from outside npm, for CUDA 11 GPUs alone; so its own C++ source is
// compiled here against the TensorFlow that pip has, and npm's is what is left where that fails.
import { createHash } from 'node:crypto';
import fs, { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { npmCommand } from './packages.mjs';
import { logFile, nativeFolder, root, stateFolder, venvPython } from './paths.mjs';
import { pip } from './python.mjs';
import { SetupError } from './report.mjs';
import { mustRun, run } from './run.mjs';
import { hashOf, keyOf, readStamp, writeStamp } from './stamps.mjs';

const require = createRequire(import.meta.url);
const tensorflowVersion = '2.21.0';
const neededBytes = 2e9;
const ownSources = fileURLToPath(new URL('../native', import.meta.url));

/** The sources, with the registry's own integrity of the tarball. */
const sources = {
  spec: '@tensorflow/tfjs-node@4.22.0',
  integrity:
    'sha512-uHrXeUlfgkMxTZqHkESSV7zSdKdV0LlsBeblqkuKU9nnfxB1pC6DtoyYVaLxznzZy7WQSegjcohxxCjAf6Dc7w==',
};

/** The TensorFlow headers that the binding includes, of 300 MB. */
const headers = [
  'tensorflow/c/',
  'tensorflow/core/common_runtime/next_pluggable_device/c/',
  'tensorflow/core/platform/ctstring',
  'tsl/platform/ctstring',
  'tsl/platform/platform.h',
  'xla/tsl/c/',
];

/**
 * The step; with `retry` a build that failed before is tried again.
 *
 * @param {{ retry?: boolean, env?: NodeJS.ProcessEnv }} [options]
 * @returns {import('./report.mjs').Step}
 */
export function nativeStep({ retry = true, env = process.env } = {}) {
  const stampFile = join(nativeFolder, '.course-stamp.json');
  const failureFile = join(stateFolder, 'native-failed.json');
  return {
    name: 'Native backend',
    why: 'TensorFlow for fast training; fetches about 270 MB once (a minute or more)',
    fresh() {
      if (env.COURSE_NATIVE === '0') return { detail: 'left out (COURSE_NATIVE=0)' };
      const key = nativeKey();
      const stamp = readStamp(stampFile, key);
      if (stamp && existsSync(bindingIn(nativeFolder))) return { detail: stamp.detail };
      const failure = retry ? undefined : readStamp(failureFile, key);
      return failure && { detail: failure.detail, warning: `${failure.warning} To try again: npm run setup` };
    },
    async work(progress) {
      const { probeNative, npmNativeFolder } = backend();
      const key = nativeKey();
      try {
        const building = join(stateFolder, 'native.new');
        rmSync(building, { recursive: true, force: true });
        await build(building, progress);
        progress('checking that it computes');
        const probe = await probeNative(join(building, 'tfjs-node'));
        if (!probe.ok)
          throw new SetupError(`TensorFlow was built but does not compute here (${probe.reason})`);
        const detail = `TensorFlow ${tensorflowVersion}, ${probe.device}`;
        writeStamp(join(building, '.course-stamp.json'), { key, detail });
        rmSync(nativeFolder, { recursive: true, force: true });
        renameSync(building, nativeFolder);
        rmSync(failureFile, { force: true });
        return { detail };
      } catch (error) {
        if (!(error instanceof SetupError)) throw error;
        rmSync(join(stateFolder, 'native.new'), { recursive: true, force: true });
        const installed = npmNativeFolder();
        const probe = installed ? await probeNative(installed) : undefined;
        const [detail, consequence] =
          installed && probe?.ok
            ? [`${basename(installed)} from npm, ${probe.device}`, 'Training steps will not be compiled']
            : ['not available', 'Training will use WebAssembly'];
        const warning = `${consequence}, which is slower: ${error.message.trim()}`;
        writeStamp(failureFile, { key, detail, warning });
        return { detail, warning };
      }
    },
  };
}

function nativeKey() {
  return keyOf({
    recipe: 4, // one more whenever what is built changes
    tensorflow: tensorflowVersion,
    sources: sources.integrity,
    ...Object.fromEntries(readdirSync(ownSources).map((name) => [name, hashOf(join(ownSources, name))])),
    platform: process.platform,
    arch: process.arch,
    gpu: hasNvidiaDriver() ? 'nvidia' : 'none',
  });
}

/** The compiled course library's own check of a native backend, so that both judge alike. */
function backend() {
  return /** @type {typeof import('../backend/native.js')} */ (require('../dist/backend/native.js'));
}

/** @param {string} folder */
function bindingIn(folder) {
  return join(folder, 'tfjs-node', 'lib', 'napi-v8', 'tfjs_binding.node');
}

function hasNvidiaDriver() {
  return existsSync('/proc/driver/nvidia/version') || existsSync('/usr/lib/wsl/lib/nvidia-smi');
}

/**
 * Fetches and compiles everything into `folder`, which may be moved afterwards.
 *
 * @param {string} folder
 * @param {(text: string) => void} progress
 */
async function build(folder, progress) {
  if (process.platform === 'win32') {
    throw new SetupError('the native backend is not built on Windows; for the fast one use WSL 2.');
  }
  const compiler = await findCompiler();
  mkdirSync(folder, { recursive: true });
  const { bavail, bsize } = fs.statfsSync(folder);
  if (bavail * bsize < neededBytes) {
    throw new SetupError(
      `the native backend needs ${neededBytes / 1e9} GB of disk, ${((bavail * bsize) / 1e9).toFixed(1)} GB are free.`,
    );
  }
  progress('fetching the sources of tfjs-node');
  await fetchSources(folder);
  await fetchTensorflow(folder, progress);
  progress('compiling the binding');
  await compile(compiler, join(folder, 'tfjs-node'));
  rmSync(join(folder, 'download'), { recursive: true, force: true });
}

async function findCompiler() {
  const candidates = process.env.CXX ? [process.env.CXX] : ['c++', 'g++', 'clang++'];
  for (const candidate of candidates) {
    const answer = await run(candidate, ['--version']).catch(() => undefined);
    if (answer?.code === 0) return candidate;
  }
  const remedy =
    process.platform === 'darwin' ? 'xcode-select --install' : 'on Debian and Ubuntu: sudo apt install g++';
  throw new SetupError(`no C++ compiler was found; install one (${remedy}) and run: npm run setup`);
}

/**
 * Fetches tfjs-node with the user's npm, so with their registry and proxy, and runs none of its scripts.
 *
 * @param {string} folder
 */
async function fetchSources(folder) {
  const [program, ...args] = npmCommand();
  const { spec, integrity } = sources;
  const download = join(folder, 'download');
  mkdirSync(download);
  await mustRun(program, [...args, 'pack', '--ignore-scripts', '--pack-destination', download, spec], {
    cwd: folder,
    log: logFile,
    remedy: `npm could not fetch ${spec}; when the cause above is gone, run: npm run setup`,
  });
  const file = join(download, readdirSync(download)[0]);
  const found = `sha512-${createHash('sha512').update(readFileSync(file)).digest('base64')}`;
  if (found !== integrity) {
    throw new SetupError(`${spec}: expected ${integrity}, got ${found}; the registry gave another package.`);
  }
  const pacote = /** @type {typeof import('pacote')} */ (require('pacote'));
  await pacote.extract(`file:${file}`, join(folder, 'tfjs-node'), { integrity });
  rmSync(file);
}

/**
 * TensorFlow's library and the few headers needed, out of pip's wheel; its 15000 Python files are not.
 *
 * @param {string} folder
 * @param {(text: string) => void} progress
 */
async function fetchTensorflow(folder, progress) {
  const download = join(folder, 'download');
  const cuda = hasNvidiaDriver() && (await run('nvidia-smi', ['-L']).catch(() => undefined))?.code === 0;
  const name = process.platform === 'linux' && process.arch === 'x64' ? 'tensorflow-cpu' : 'tensorflow';
  const wanted = cuda
    ? [`tensorflow[and-cuda]==${tensorflowVersion}`]
    : ['--no-deps', `${name}==${tensorflowVersion}`];
  progress('fetching TensorFlow');
  await pip(venvPython, ['download', '--only-binary=:all:', '--dest', download, ...wanted], { progress });
  progress('unpacking TensorFlow');
  await mustRun(venvPython, ['-c', extractWheels, download, join(folder, 'tfjs-node', 'deps'), ...headers], {
    log: logFile,
    remedy: 'TensorFlow could not be unpacked.',
  });
  if (!existsSync(join(folder, 'tfjs-node', 'deps', 'lib', libraryName('cc')))) {
    throw new SetupError(
      `pip's TensorFlow ${tensorflowVersion} has no ${libraryName('cc')} for this computer.`,
    );
  }
}

// The CUDA libraries that TensorFlow opens by name (only with tensorflow[and-cuda]) go beside its own.
const extractWheels = `
import glob, os, re, shutil, sys, zipfile
download, deps, *headers = sys.argv[1:]
for wheel in glob.glob(os.path.join(download, '*.whl')):
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if re.fullmatch(r'tensorflow/libtensorflow_(cc|framework)\\.(so\\.2|2\\.dylib)', name) \\
                    or re.fullmatch(r'nvidia/.+/lib/[^/]+\\.so[.0-9]*', name):
                target = os.path.join(deps, 'lib', os.path.basename(name))
            elif any(name.startswith('tensorflow/include/' + header) for header in headers) and name.endswith('.h'):
                target = os.path.join(deps, name[len('tensorflow/'):])
            else:
                continue
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with archive.open(name) as source, open(target, 'wb') as sink:
                shutil.copyfileobj(source, sink, 1 << 20)
    os.remove(wheel)
`;

/** @param {'cc' | 'framework'} part */
function libraryName(part) {
  return process.platform === 'darwin' ? `libtensorflow_${part}.2.dylib` : `libtensorflow_${part}.so.2`;
}

/**
 * tfjs-node's two C++ files against Node-API, which every Node from 18 on serves, and TensorFlow's C interface; two small
 * modules of our own, one that loads TensorFlow quietly and one that runs whole graphs; and our convolutions, for each kind
 * of vectors that an x86 processor may have, since the folder may come to another one. Libraries are found relative to the
 * modules, so the folder may move.
 *
 * @param {string} compiler
 * @param {string} folder tfjs-node with `deps/lib` and `deps/include`.
 */
async function compile(compiler, folder) {
  const mac = process.platform === 'darwin';
  const modules = join('lib', 'napi-v8');
  const libraries = join('deps', 'lib');
  mkdirSync(join(folder, modules), { recursive: true });
  // Untested on a GPU: the CUDA libraries are loaded together with the binding, where TensorFlow then finds them by name.
  const cuda = readdirSync(join(folder, libraries))
    .filter((file) =>
      /^lib(cudart|cublas|cublasLt|cufft|cusolver|cusparse|curand|cudnn|nccl|nvJitLink)\.so\.\d+$/.test(file),
    )
    .map((file) => join(libraries, file));
  const common = [
    ...['-std=c++17', '-shared', '-fPIC', '-DNAPI_VERSION=8'],
    ...['-I', join(root, 'node_modules', 'node-api-headers', 'include')],
    ...(mac
      ? ['-undefined', 'dynamic_lookup', '-Wl,-rpath,@loader_path/../../deps/lib']
      : ['-Wl,-rpath,$ORIGIN/../../deps/lib']),
  ];
  const headersAndLibraries = [
    ...['-I', join('deps', 'include')],
    ...[join(libraries, libraryName('cc')), join(libraries, libraryName('framework'))],
  ];
  const binding = [
    '-O2',
    ...[join('binding', 'tfjs_backend.cc'), join('binding', 'tfjs_binding.cc')], // linkers want sources before libraries
    ...['-I', '.', ...headersAndLibraries],
    ...(cuda.length > 0 ? ['-Wl,--no-as-needed,--disable-new-dtags', ...cuda] : []),
    ...['-o', join(modules, 'tfjs_binding.node')],
  ];
  /** @type {(source: string, module: string, ...options: string[]) => string[]} */
  const own = (source, module, ...options) => [
    ...[join(ownSources, source), ...options, ...headersAndLibraries, '-o', join(modules, module)],
  ];
  const name = `${mac ? '@rpath/' : ''}${libraryName('framework')}`;
  const quietLoad = [
    ...['-O2', `-DTENSORFLOW="${name}"`, join(ownSources, 'quiet-load.cc'), '-ldl'],
    ...['-o', join(modules, 'quiet_load.node')],
  ];
  const convolutions =
    process.arch === 'x64' && !mac
      ? [
          own('convolutions.cc', 'convolutions_avx2.so', '-O3', '-mavx2', '-mfma'),
          own('convolutions.cc', 'convolutions_avx512.so', '-O3', '-mavx512f', '-mfma'),
          own('convolutions.cc', 'convolutions_avx512_bf16.so', '-O3', '-mavx512f', '-mavx512bf16', '-mfma'),
        ]
      : [];
  const graphSession = own('graph-session.cc', 'graph_session.node', '-O2');
  const modulesOfAll = [binding, quietLoad, graphSession, ...convolutions];
  await Promise.all(
    modulesOfAll.map((parts) =>
      mustRun(compiler, [...common, ...parts], {
        cwd: folder,
        log: logFile,
        remedy: 'the binding could not be compiled; the whole output is in .course/setup.log',
      }),
    ),
  );
}
