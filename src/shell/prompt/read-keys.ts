import type { Interface } from 'node:readline';
import { Writable } from 'node:stream';
import { createPrompt as createInquirerPrompt, useEffect } from '@inquirer/core';
import type { KeyInput } from './key-input.ts';

/**
 * The line is an Inquirer prompt, like the questions: one library decides how a prompt starts, is aborted and ends, even
 * when the process exits. Only its readline is used, because Inquirer's screen has no room for output above a prompt:
 * `Terminal` draws, and the drawing of Inquirer is discarded. Inquirer declares only a part of its readline; the cast
 * says that it is Node's.
 */
const keyPrompt = createInquirerPrompt<void, { open: (rl: Interface) => () => void }>(({ open }) => {
  useEffect((rl) => open(rl as unknown as Interface), []);
  return '';
});

/**
 * Reads keys until the returned function is called, which resolves when reading has ended.
 * @param options.open receives the readline before this returns; it returns a function that undoes its work.
 * @param options.onFailure called when reading ends in another way.
 */
export function readKeys(options: {
  input: KeyInput;
  open: (rl: Interface) => () => void;
  onFailure: () => void;
}): () => Promise<void> {
  const abort = new AbortController();
  const { input, open, onFailure } = options;
  const output = new Writable({ write: (_chunk, _encoding, done) => done() });
  const ended = keyPrompt({ open }, { input, output, signal: abort.signal }).catch(() => {
    if (!abort.signal.aborted) onFailure();
  });
  return () => {
    abort.abort();
    return ended;
  };
}
