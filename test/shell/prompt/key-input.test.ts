import { ReadStream } from 'node:tty';
import { expect, test } from 'vitest';
import { KeyInput, type SignalKey } from '../../../src/shell/prompt/key-input.ts';

/** Keys as they come out, and signal keys, in their order. A signal key waits for `resume`. */
function openKeys(resume: Promise<void> = Promise.resolve()) {
  const seen: (string | SignalKey)[] = [];
  const terminal = Object.create(ReadStream.prototype) as ReadStream;
  const onSignalKey = async (key: SignalKey) => {
    seen.push(key);
    await resume;
  };
  const keys = new KeyInput({ terminal, onSignalKey, onGone: () => {} });
  keys.on('data', (chunk) => seen.push(String(chunk)));
  const type = (text: string) => new Promise<void>((resolve) => keys.write(text, () => resolve()));
  return { seen, type };
}

test('keys come out as they were typed, except Ctrl-Z and Ctrl-backslash', async () => {
  const { seen, type } = openKeys();
  await type('ping 日本\u0003\u001b[A');
  await type('a\u001ab\u001c\u001cc');
  expect(seen).toEqual(['ping 日本\u0003', '\u001b[A', 'a', 'suspend', 'b', 'quit', 'quit', 'c']);
});

test('keys typed after a signal key come out when that has been handled', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { seen, type } = openKeys(promise);
  const typed = type('a\u001ab');
  const more = type('c');
  await expect.poll(() => seen).toEqual(['a', 'suspend']);
  resolve();
  await Promise.all([typed, more]);
  expect(seen).toEqual(['a', 'suspend', 'b', 'c']);
});
