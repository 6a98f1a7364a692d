import type { Interface } from 'node:readline';
import { Writable } from 'node:stream';
import { createPrompt as createInquirerPrompt, useEffect } from '@inquirer/core';
import type { KeyInput } from './key-input.ts';

/**
 * The line is a prompt of Inquirer, as its questions are: one library decides how a prompt begins, is aborted and ends,
 * also when the process exits. Only its readline is used, because Inquirer's screen has no place for output above a
 * prompt: `Terminal` draws, and what Inquirer draws is discarded. Inquirer declares a part of its readline; the cast
 * says that it is Node's.
 */
const keyPrompt = createInquirerPrompt<void, { open: (rl: Interface) => () => void }>(({ open }) => {
  useEffect((rl) => open(rl as unknown as Interface), []);
  return '';
});

/**
 * Reads keys until what it returns is called, which resolves when it has ended.
 * @param options.open is given the readline before this returns, and returns what undoes that.
 * @param options.onFailure called when it ends in another way.
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
