import { type FileHandle, open } from 'node:fs/promises';
import { onTestFinished } from 'vitest';
import {
  type OutputOptions,
  type OutputPiece,
  type ProcessHandle,
  type ProcessOptions,
  startProcess,
} from '../../src/process/index.ts';

/** Starts a process that is ended with the test. */
export async function start(options: ProcessOptions): Promise<ProcessHandle> {
  const handle = await startProcess(options);
  onTestFinished(() => handle[Symbol.asyncDispose]());
  return handle;
}

/** Starts shell text. */
export const startShell = (text: string, options: Omit<ProcessOptions, 'argv'> = {}): Promise<ProcessHandle> =>
  start({ ...options, argv: ['/bin/sh', '-c', text] });

/** Starts Node code. */
export const startNode = (text: string, options: Omit<ProcessOptions, 'argv'> = {}): Promise<ProcessHandle> =>
  start({ ...options, argv: [process.execPath, '-e', text] });

export async function pieces(handle: ProcessHandle, options?: OutputOptions): Promise<OutputPiece[]> {
  return Array.fromAsync(handle.output(options));
}

/** A whole stream; an error if a part of it is lost. */
export async function bytes(handle: ProcessHandle, options?: OutputOptions): Promise<Buffer> {
  const data = await Array.fromAsync(handle.output(options), (piece) => {
    if (piece.type === 'gap') throw new Error(`${piece.bytes} bytes at ${piece.offset} are gone`);
    return piece.data;
  });
  return Buffer.concat(data);
}

export const text = async (handle: ProcessHandle, options?: OutputOptions): Promise<string> =>
  (await bytes(handle, options)).toString();

/** Resolves with the first lines of a stream, this many. */
export async function firstLines(handle: ProcessHandle, count: number): Promise<string[]> {
  let seen = '';
  for await (const piece of handle.output()) {
    if (piece.type === 'data') seen += piece.data.toString();
    if (seen.split('\n').length > count) break;
  }
  return seen.split('\n').slice(0, count);
}

export const openFiles = async (): Promise<FileHandle> => open('/proc/self/fd');
