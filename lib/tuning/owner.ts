import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/** A process somewhere. */
export interface Owner {
  readonly host: string;
  readonly pid: number;
  /** When it began, in the system's own count, so that a later process with the same number is another; Linux only. */
  readonly began?: string;
}

let own: Owner | undefined;

/** This process. */
export function ownOwner(): Owner {
  own ??= { host: hostname(), pid: process.pid, began: lookUp(process.pid)?.began };
  return own;
}

/** Whether the process still runs; undefined for one on another machine, of which only its own signs of life tell. */
export function isAlive({ host, pid, began }: Owner): boolean | undefined {
  if (host !== ownOwner().host) return undefined;
  try {
    process.kill(pid, 0); // asks only
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false;
  }
  const found = lookUp(pid);
  if (!found) return true;
  // a zombie has ended; its parent, perhaps this process, has not looked yet
  return found.state !== 'Z' && (began === undefined || began === found.began);
}

/** Fields 3 and 22 of Linux' /proc/PID/stat; the second one is a name that may hold spaces. See proc(5). */
function lookUp(pid: number): { readonly state: string; readonly began: string } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0], began: fields[19] };
  } catch {
    return undefined;
  }
}
