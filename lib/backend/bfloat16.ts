import { readFileSync } from 'node:fs';

/**
 * The processor's instructions for bfloat16, by the name that Linux has for them; `none` where it has none, undefined where
 * the system does not say. Without them computing in bfloat16 is slower than in float32.
 * @param file Replaced in tests.
 */
export function bfloat16Instructions(
  file = '/proc/cpuinfo',
): 'amx_bf16' | 'avx512_bf16' | 'none' | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
  const flags = /^flags\s*:(.*)$/m.exec(text)?.[1].split(/\s+/);
  if (!flags) return undefined; // not Intel's or AMD's
  return (['amx_bf16', 'avx512_bf16'] as const).find((name) => flags.includes(name)) ?? 'none';
}
