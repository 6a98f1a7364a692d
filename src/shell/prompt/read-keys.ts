import type { Interface } from 'node:readline';
import { Writable } from 'node:stream';
import { createPrompt as createInquirerPrompt, useEffect } from '@inquirer/core';
import type { KeyInput } from './key-input.ts';

/** Inquirer manages the life of a prompt: raw mode, keys, an end. `Terminal` draws what is seen. */
const keyPrompt = createInquirerPrompt<void, { open: (rl: Interface) => () => void }>(({ open }) => {
  // What Inquirer calls its readline is Node's.
  useEffect((rl) => open(rl as unknown as Interface), []);
  return '';
});

export interface KeyReading {
  /** Resolves when keys are read, or never will be. */
  readonly started: Promise<void>;
  /** Ends it. Resolves when it has ended. */
  close(): Promise<void>;
}

/**
 * Reads keys from a terminal.
 * @param options.open is given the readline, and returns what undoes that.
 * @param options.onFailure called when it ends without `close`.
 * @throws what the terminal throws when it has gone.
 */
export function readKeys(options: {
  input: KeyInput;
  open: (rl: Interface) => () => void;
  onFailure: () => void;
}): KeyReading {
  const abort = new AbortController();
  // Discards what Inquirer draws.
  const output = new Writable({ write: (_chunk, _encoding, done) => done() });
  const opened = Promise.withResolvers<void>();
  const open = (rl: Interface) => {
    opened.resolve();
    return options.open(rl);
  };
  const ended = keyPrompt({ open }, { input: options.input, output, signal: abort.signal }).catch(() => {
    if (!abort.signal.aborted) options.onFailure();
  });
  return {
    started: Promise.race([opened.promise, ended]),
    close() {
      abort.abort();
      return ended;
    },
  };
}
