import { readFileSync } from 'node:fs';

/**
 * The most memory this process has had since it began, in MB of 10^6 bytes. On Linux from its own pages: what `getrusage`
 * tells there begins with the memory of the process that started it.
 */
export function peakMegabytes(): number {
  try {
    const [, kilobytes] = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
    if (kilobytes) return (Number(kilobytes) * 1024) / 1e6;
  } catch {
    // another system
  }
  return (process.resourceUsage().maxRSS * 1024) / 1e6;
}
