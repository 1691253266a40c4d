import { existsSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { courseRoot, dataFolder } from '../paths';
import {
  type DisplayOutput,
  type Json,
  joinText,
  type Output,
  type StreamOutput,
  splitText,
} from './nbformat';

/**
 * Outputs as they may be saved: stderr only where the cell asks for it, no terminal colours, no stack traces, and the
 * course's own folders written relative to it.
 */
export function cleanOutputs(outputs: readonly Output[], { keepStderr = false } = {}): readonly Output[] {
  const kept = outputs.filter(
    (output) => keepStderr || output.output_type !== 'stream' || output.name !== 'stderr',
  );
  return kept.map((output) => (output.output_type === 'stream' ? cleanStream(output) : cleanDisplay(output)));
}

/** Text a terminal would show: no colours, and only what the last carriage return of a line left. */
export function plainText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what is looked for
  const plain = text.replace(/\x1b\[[0-9;?]*[A-Za-z]/g, '');
  return plain
    .replace(/\r\n/g, '\n')
    .replace(/^.*\r(?=.)/gm, '')
    .replace(/\r/g, '');
}

/** Paths in outputs that only this machine has: a first folder that exists here. */
export function machinePaths(outputs: readonly Output[]): readonly string[] {
  const text = JSON.stringify(
    outputs.map((output) => (output.output_type === 'stream' ? joinText(output.text) : readable(output))),
  );
  const posix = text.match(/(?<![\w.:/+=-])\/[\w.-]+\/[\w.-][^\s"'\\<>]*/g) ?? [];
  const windows = text.match(/(?<!\w)[A-Za-z]:\\+(?:Users|Windows|Program)[^\s"'<>]*/g) ?? [];
  return [...new Set([...posix.filter((path) => existsSync(`/${path.split('/')[1]}`)), ...windows])];
}

/** What the cell wrote to stderr: of a failed cell, the error. */
export function stderrText(outputs: readonly Output[]): string {
  const streams = outputs.filter((output) => output.output_type === 'stream' && output.name === 'stderr');
  return plainText(streams.map((output) => joinText((output as StreamOutput).text)).join(''));
}

function cleanStream(output: StreamOutput): StreamOutput {
  const plain = plainText(joinText(output.text));
  const text = output.name === 'stderr' ? withoutStack(plain) : plain;
  return { ...output, text: splitText(withoutFolders(text)) };
}

/** An error without its stack trace and the lines before it that point into the compiled cell. */
function withoutStack(text: string): string {
  return text.replace(/^evalmachine\.<anonymous>:\d+\n.*\n\s*\^+\n\n/gm, '').replace(/^ {4}at .*\n?/gm, '');
}

function cleanDisplay({ output_type, data, metadata }: DisplayOutput): DisplayOutput {
  const entries = Object.entries(data).map(([type, value]) => {
    if (isImage(type)) return [type, value];
    if (typeof value === 'string') return [type, splitText(withoutFolders(value))];
    return [type, value === undefined ? value : withoutFoldersIn(value)];
  });
  return { output_type, data: Object.fromEntries(entries), metadata };
}

/** Images are binary, in Base64, except SVG. */
function isImage(type: string): boolean {
  return (type.startsWith('image/') && type !== 'image/svg+xml') || type === 'application/pdf';
}

function readable({ data }: DisplayOutput): Json {
  return Object.entries(data).flatMap(([type, value]) =>
    isImage(type) || value === undefined ? [] : [value],
  );
}

function withoutFoldersIn(value: Json): Json {
  return JSON.parse(JSON.stringify(value), (_key, item) =>
    typeof item === 'string' ? withoutFolders(item) : item,
  );
}

function withoutFolders(text: string): string {
  const folders = [
    [dataFolder(), 'data'],
    [courseRoot(), '.'],
    [tmpdir(), 'tmp'],
    [homedir(), '~'],
  ];
  return folders.reduce((rest, [folder, name]) => {
    if (folder.length < 2) return rest;
    const path = new RegExp(`(?<![\\w.-])${folder.replace(/[^\w/-]/g, '\\$&')}(?![\\w.-])`, 'g');
    return rest.replace(path, name);
  }, text);
}
