import { readdirSync, readFileSync } from 'node:fs';
import type { GradeLimits } from '../grades';

/** What a question's answer may use, where nothing else is said. */
export const defaultLimits: Required<GradeLimits> = {
  seconds: 120,
  memoryBytes: 2 ** 31,
  processes: 64,
  diskBytes: 64 * 2 ** 20,
};

export type Exceeded = 'memory' | 'processes';

/**
 * Watches a process and all below it, and tells once when together they use more than the limits. It reads `/proc`, for
 * the kernel's own limits are no use here: V8 reserves address space by the gigabyte, and root may start any number of
 * processes. Elsewhere than on Linux it sees nothing.
 */
export function watchProcesses(
  pid: number,
  {
    limits,
    onExceeded,
    everyMs = 25,
  }: {
    readonly limits: Pick<Required<GradeLimits>, 'memoryBytes' | 'processes'>;
    readonly onExceeded: (what: Exceeded) => void;
    readonly everyMs?: number;
  },
): { stop(): void } {
  const timer = setInterval(() => {
    const { memoryBytes, processes } = usageOf(pid);
    const exceeded =
      processes > limits.processes ? 'processes' : memoryBytes > limits.memoryBytes ? 'memory' : undefined;
    if (!exceeded) return;
    clearInterval(timer);
    onExceeded(exceeded);
  }, everyMs);
  return { stop: () => clearInterval(timer) };
}

/** The processes that a process started and that are still there; none where there is no `/proc`. */
export function childrenOf(pid: number): readonly number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) => {
      const children = readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8');
      return children.split(' ').filter(Boolean).map(Number);
    });
  } catch {
    return []; // it ended meanwhile
  }
}

/** Memory in use, pages that processes share counted for each, and the number of processes and threads. */
function usageOf(root: number): { memoryBytes: number; processes: number } {
  let [memoryBytes, processes] = [0, 0];
  const open = [root];
  for (let pid = open.pop(); pid !== undefined; pid = open.pop()) {
    try {
      const threads = readdirSync(`/proc/${pid}/task`);
      processes += threads.length;
      memoryBytes += Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * 4096;
      open.push(...childrenOf(pid));
    } catch {
      // it ended meanwhile
    }
    if (processes > 100_000) break;
  }
  return { memoryBytes, processes };
}
