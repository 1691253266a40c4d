import { join } from 'node:path';
import { CourseError } from '../errors';
import { type Log, silent } from './log';
import { findModels, type ModelOnDisk, type ModelVersion } from './model-folder';
import type { Servable } from './servable';
import { ServingError } from './serving-error';

/** TensorFlow Serving's states of a version. */
export const versionStates = ['LOADING', 'AVAILABLE', 'UNLOADING', 'END'] as const;

export type VersionState = (typeof versionStates)[number];

export interface VersionStatus {
  readonly version: number;
  readonly state: VersionState;
  /** Why it could not be loaded. */
  readonly error?: string;
}

/** A version of a model, or the newest that answers. */
export interface ModelName {
  readonly name: string;
  readonly version?: number;
}

/** One version of a model. */
export interface LoadedModel {
  readonly name: string;
  readonly version: number;
  readonly servable: Servable;
}

export interface ModelRegistryOptions {
  /** See `findModels`. */
  readonly folder: string;
  readonly load: (
    folder: string,
    model: { readonly name: string; readonly version: number },
  ) => Promise<Servable>;
  /** How many versions of a model answer, the newest; default 2. */
  readonly keep?: number;
  /** How often the folder is looked at; default each second. */
  readonly pollMs?: number;
  readonly log?: Log;
}

interface Entry extends ModelVersion {
  state: VersionState;
  error?: string;
  servable?: Servable;
  /** Requests that use it now. */
  users: number;
}

/**
 * The models in a folder, each with its newest versions. A new version is loaded beside the old ones and answers once it
 * is warm; what is too old ends when its last request is answered. A version that cannot be loaded is left alone until
 * its files change.
 */
export class ModelRegistry {
  private readonly models = new Map<string, Map<number, Entry>>();
  private readonly log: Log;
  private timer: NodeJS.Timeout | undefined;
  private refreshing: Promise<void> | undefined;
  private started = false;
  private closed = false;

  constructor(private readonly options: ModelRegistryOptions) {
    this.log = options.log ?? silent;
  }

  /**
   * Loads what is there, and watches for more.
   * @throws CourseError when there is no model that can be loaded.
   */
  async start(): Promise<void> {
    await this.refresh();
    if (this.available.length === 0) throw new CourseError(`${this.options.folder}: ${this.whyNotReady()}`);
    this.started = true;
    const { pollMs = 1000 } = this.options;
    const poll = () => {
      this.timer = setTimeout(() => void this.refresh().then(() => !this.closed && poll()), pollMs);
      this.timer.unref();
    };
    poll();
  }

  /** Whether all that was there at the start is loaded or refused, and something answers. */
  get isReady(): boolean {
    return this.started && !this.closed && this.available.length > 0;
  }

  get names(): readonly string[] {
    return [...this.models.keys()];
  }

  /** Whatever answers now. */
  get available(): readonly LoadedModel[] {
    return this.names.flatMap((name) =>
      [...(this.models.get(name) ?? [])].flatMap(([version, { state, servable }]) =>
        servable && state === 'AVAILABLE' ? [{ name, version, servable }] : [],
      ),
    );
  }

  /**
   * Every version that is or was, the newest first.
   * @throws ServingError 404
   */
  status({ name, version }: ModelName): VersionStatus[] {
    const entries = [...(this.models.get(name)?.values() ?? [])];
    const found = entries.filter((entry) => version === undefined || entry.version === version);
    if (found.length === 0) throw notFound({ name, version });
    return found
      .sort((a, b) => b.version - a.version)
      .map(({ folder, error, version: number, state }) => {
        return { version: number, state, error: error?.replaceAll(join(folder, '/'), '') }; // not for strangers
      });
  }

  /**
   * The newest version that answers, or the one that is named.
   * @throws ServingError 404
   */
  find({ name, version }: ModelName): LoadedModel {
    const entry = version === undefined ? this.newest(name) : this.models.get(name)?.get(version);
    if (!entry?.servable || entry.state !== 'AVAILABLE') throw notFound({ name, version });
    return { name, version: entry.version, servable: entry.servable };
  }

  /**
   * What `work` makes of a model: until it is done, that version is not closed.
   * @throws ServingError 404
   */
  async use<T>(wanted: ModelName, work: (model: LoadedModel) => Promise<T>): Promise<T> {
    const model = this.find(wanted);
    const entry = this.models.get(wanted.name)?.get(model.version) as Entry;
    entry.users++;
    try {
      return await work(model);
    } finally {
      entry.users--;
      this.endUnused(wanted.name, entry);
    }
  }

  /** Looks at the folder now, and loads and unloads. */
  refresh(): Promise<void> {
    this.refreshing ??= this.reconcileAll().finally(() => {
      this.refreshing = undefined;
    });
    return this.refreshing;
  }

  /** Ends all, whatever is under way. */
  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.timer);
    await this.refreshing;
    const entries = [...this.models.values()].flatMap((versions) => [...versions.values()]);
    await Promise.all(
      entries.map(async (entry) => {
        const { servable } = entry;
        Object.assign(entry, { state: 'END', servable: undefined });
        await servable?.close();
      }),
    );
  }

  private async reconcileAll(): Promise<void> {
    for (const model of await findModels(this.options.folder)) await this.reconcile(model);
  }

  /** Loads the newest versions that can be loaded, as many as are kept; then lets go of the others. */
  private async reconcile({ name, versions }: ModelOnDisk): Promise<void> {
    const entries = this.models.get(name) ?? new Map<number, Entry>();
    this.models.set(name, entries);
    const kept = new Set<number>();
    for (const version of versions) {
      if (kept.size >= (this.options.keep ?? 2) || this.closed) break;
      const known = entries.get(version.version);
      if (known?.state === 'AVAILABLE') kept.add(version.version);
      else if (known?.state === 'UNLOADING' || (known?.error && known.stamp === version.stamp)) continue;
      else if (await this.load(name, version, entries)) kept.add(version.version);
    }
    for (const entry of entries.values()) {
      if (entry.state !== 'AVAILABLE' || kept.has(entry.version) || kept.size === 0) continue;
      entry.state = 'UNLOADING';
      this.log.info({ model: name, version: entry.version }, 'version unloads');
      this.endUnused(name, entry);
    }
  }

  private async load(name: string, found: ModelVersion, entries: Map<number, Entry>): Promise<boolean> {
    const { version, folder } = found;
    const entry: Entry = { ...found, state: 'LOADING', users: 0 };
    entries.set(version, entry);
    try {
      entry.servable = await this.options.load(folder, { name, version });
      entry.state = 'AVAILABLE';
      this.log.info({ model: name, version, engine: entry.servable.engine }, 'version available');
      return true;
    } catch (error) {
      entry.state = 'END';
      entry.error = (error as Error).message;
      this.log.warn({ model: name, version, reason: entry.error }, 'version refused');
      return false;
    }
  }

  private endUnused(name: string, entry: Entry): void {
    if (entry.state !== 'UNLOADING' || entry.users > 0) return;
    const { servable } = entry;
    Object.assign(entry, { state: 'END', servable: undefined });
    void servable
      ?.close()
      .then(() => this.log.info({ model: name, version: entry.version }, 'version ended'));
  }

  private newest(name: string): Entry | undefined {
    const entries = [...(this.models.get(name)?.values() ?? [])];
    return entries.filter(({ state }) => state === 'AVAILABLE').sort((a, b) => b.version - a.version)[0];
  }

  private whyNotReady(): string {
    if (this.models.size === 0) return 'there is no model here; train one with: npx course train';
    const entries = [...this.models.values()].flatMap((versions) => [...versions.values()]);
    return entries.map(({ error }) => error).join('; ');
  }
}

function notFound({ name, version }: ModelName): ServingError {
  const wanted = version === undefined ? `Latest(${name})` : `Specific(${name}, ${version})`;
  return new ServingError(404, `Servable not found for request: ${wanted}`); // TensorFlow Serving's sentence
}
