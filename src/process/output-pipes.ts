import { closeSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import type { Pipe, RealPipes } from './real-pipes.ts';

/** The output pipes of a program, created before it is started. */
export interface OutputPipes {
  /** Passed to `spawn` as standard output and error of the program. */
  readonly stdio: readonly ['pipe' | number, 'pipe' | number];
  /** Call it after the start: closes the program's ends. @returns our ends; undefined if `spawn` created them. */
  adopt(): { stdout: Readable; stderr: Readable } | undefined;
  /** Call it if nothing was started. */
  discard(): void;
}

const madeBySpawn: OutputPipes = { stdio: ['pipe', 'pipe'], adopt: () => undefined, discard: () => {} };

/** @throws EMFILE, ENFILE, EAGAIN */
export async function openOutputs(pipes: RealPipes | undefined): Promise<OutputPipes> {
  const [stdout, stderr] = (await pipes?.take(2)) ?? [];
  if (!stdout || !stderr) return madeBySpawn;
  return {
    stdio: [stdout.writer, stderr.writer],
    adopt() {
      close(stdout.writer, stderr.writer);
      return { stdout: readable(stdout), stderr: readable(stderr) };
    },
    discard: () => close(stdout.reader, stdout.writer, stderr.reader, stderr.writer),
  };
}

const readable = ({ reader }: Pipe) => new Socket({ fd: reader, readable: true, writable: false });

function close(...descriptors: readonly number[]): void {
  for (const descriptor of descriptors) closeSync(descriptor);
}
