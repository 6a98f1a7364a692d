import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { WatchedAllowList } from '../../src/keys/watched-allow-list.ts';
import { createKeyFolder } from './key-folder.ts';

const modulePath = (path: string) => JSON.stringify(fileURLToPath(new URL(path, import.meta.url)));

/** A process without a free descriptor that watches a key folder: each line is the names on its list, or why it has none. */
function watchWithoutDescriptors(folder: string) {
  const text = `
    const fs = await import('node:fs');
    const { KeyStore } = await import(${modulePath('../../src/keys/key-store.ts')});
    const { WatchedAllowList } = await import(${modulePath('../../src/keys/watched-allow-list.ts')});
    const store = new KeyStore(${JSON.stringify(folder)});
    const names = () => console.log(list.current.names.join() || 'nobody');
    const list = new WatchedAllowList(store, { onChange: names, onReadable: (error) => console.log(error?.message ?? 'readable') });
    try { for (;;) fs.openSync('/dev/null'); } catch {}
    names();
    process.stdin.resume().on('end', () => process.exit());`;
  const args = ['-c', 'ulimit -n 100; exec "$@"', 'sh', process.execPath, '--input-type=module', '-e', text];
  const program = spawn('sh', args, { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => void program.kill('SIGKILL'));
  const lines = createInterface(program.stdout)[Symbol.asyncIterator]();
  return async () => (await lines.next()).value;
}

test('a process without a free descriptor still sees who was added and revoked', async () => {
  using keys = createKeyFolder('w1', 'w2');
  const next = watchWithoutDescriptors(keys.folder);
  expect(await next()).toBe('w1,w2');
  keys.store.revoke('w1');
  expect(await next()).toBe('w2');
  keys.store.add('w3');
  expect(await next()).toBe('w2,w3');
});

test('a list that cannot be read at the beginning lets nobody in: there is none to go on with', () => {
  using keys = createKeyFolder('w1');
  const store = Object.assign(keys.store, {
    list: () => {
      throw Object.assign(new Error('too many open files'), { code: 'EMFILE' });
    },
  });
  expect(() => new WatchedAllowList(store, { onChange: () => {}, onReadable: () => {} })).toThrow(
    'too many open files',
  );
});
