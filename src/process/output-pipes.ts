import { closeSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import type { Pipe, RealPipes } from './real-pipes.ts';

/** The outputs of a program that is about to be started. */
export interface OutputPipes {
  /** What `spawn` is to give the program as its standard output and error. */
  readonly stdio: readonly ['pipe' | number, 'pipe' | number];
  /** After the start: closes the program's ends here. @returns ours; undefined where `spawn` has made them. */
  adopt(): { stdout: Readable; stderr: Readable } | undefined;
  /** Where nothing was started. */
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
