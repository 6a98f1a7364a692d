import { closeSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import type { NamedPipes, Pipe } from './named-pipes.ts';

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

/** @throws EMFILE, ENFILE */
export function openOutputs(pipes: NamedPipes | undefined): OutputPipes {
  if (!pipes) return madeBySpawn;
  const stdout = pipes.take();
  const stderr = takeOr(pipes, () => close(stdout.reader, stdout.writer));
  return {
    stdio: [stdout.writer, stderr.writer],
    adopt() {
      close(stdout.writer, stderr.writer);
      return { stdout: readable(stdout), stderr: readable(stderr) };
    },
    discard: () => close(stdout.reader, stdout.writer, stderr.reader, stderr.writer),
  };
}

function takeOr(pipes: NamedPipes, undo: () => void): Pipe {
  try {
    return pipes.take();
  } catch (error) {
    undo();
    throw error;
  }
}

const readable = ({ reader }: Pipe) => new Socket({ fd: reader, readable: true, writable: false });

function close(...descriptors: readonly number[]): void {
  for (const descriptor of descriptors) closeSync(descriptor);
}
