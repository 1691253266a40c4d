import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { CourseError } from '../errors';
import type { WorkingBackend } from './report';
import { fuseAdam } from './webgpu-adam';

/** What tells a real graphics card from a program that plays one. */
export interface AdapterFacts {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
  readonly isFallbackAdapter?: boolean;
}

/** The name of the program that only plays a graphics card, many times slower than WebAssembly; undefined for a real card. */
export function softwareAdapter(facts: AdapterFacts): string | undefined {
  const text = [facts.description, facts.device, facts.vendor, facts.architecture].join(' ');
  const known =
    /swiftshader|llvmpipe|lavapipe|software rasterizer|microsoft basic render|\bwarp\b|\bcpu\b/i.exec(
      text,
    )?.[0];
  return known ?? (facts.isFallbackAdapter ? 'a fallback adapter' : undefined);
}

interface Adapter {
  readonly info: AdapterFacts;
}
interface Gpu {
  requestAdapter(options?: { powerPreference?: 'high-performance' }): Promise<Adapter | null>;
}

/**
 * Makes the GPU ready through Dawn, Chrome's implementation of WebGPU, and gives Node the globals that browsers have.
 * Throws a `CourseError` where there is no adapter, or only a software one unless `software` allows it.
 */
export async function loadWebgpu({ software = false }: { software?: boolean } = {}): Promise<WorkingBackend> {
  if (process.platform === 'linux' && !hasVulkanDriver())
    throw new CourseError('no Vulkan driver is installed');
  const { create, globals } = await import('webgpu');
  const gpu = create([]) as Gpu;
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) throw new CourseError('no GPU that WebGPU can use');
  const { info } = adapter;
  const played = softwareAdapter(info);
  if (played && !software) throw new CourseError(`only ${played}, which computes on the CPU`);

  Object.assign(globalThis, globals);
  // Node 21 and later have a navigator of their own, which can only be defined anew.
  const navigator = Object.defineProperty(
    Object.create(Reflect.get(globalThis, 'navigator') ?? null),
    'gpu',
    { value: gpu },
  );
  Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true, writable: true });
  Object.defineProperty(globalThis, 'self', { value: globalThis, configurable: true, writable: true });
  await import('@tensorflow/tfjs-backend-webgpu');
  fuseAdam();
  const device =
    info.description || info.device || [info.vendor, info.architecture].filter(Boolean).join(' ') || 'GPU';
  return {
    name: 'webgpu',
    tfBackend: 'webgpu',
    device,
    onGpu: !played,
    version: `tfjs-backend-webgpu ${packageVersion('@tensorflow/tfjs-backend-webgpu')}`,
    warnings: played ? [`${played} computes on the CPU and is very slow`] : [],
  };
}

/**
 * Whether any Vulkan driver is announced where its loader looks; without one, Dawn would print a warning.
 * https://github.com/KhronosGroup/Vulkan-Loader/blob/main/docs/LoaderDriverInterface.md
 */
export function hasVulkanDriver(env: NodeJS.ProcessEnv = process.env): boolean {
  if (env.VK_ICD_FILENAMES || env.VK_DRIVER_FILES || env.VK_ADD_DRIVER_FILES) return true;
  const shared = (env.XDG_DATA_DIRS || '/usr/local/share:/usr/share').split(':');
  const folders = [
    '/etc',
    '/usr/local/etc',
    ...shared,
    env.XDG_DATA_HOME || join(homedir(), '.local', 'share'),
  ];
  return folders.some((folder) => {
    const drivers = join(folder, 'vulkan', 'icd.d');
    return existsSync(drivers) && readdirSync(drivers).some((file) => file.endsWith('.json'));
  });
}

function packageVersion(name: string): string {
  return (require(`${name}/package.json`) as { version: string }).version;
}
