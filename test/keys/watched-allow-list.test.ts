import { spawn } from 'node:child_process';
import { renameSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { WatchedAllowList } from '../../src/keys/watched-allow-list.ts';
import { createKeyFolder } from '../support/key-folder.ts';

const modulePath = (path: string) => JSON.stringify(fileURLToPath(new URL(path, import.meta.url)));

/** A process without a free descriptor that watches a key folder. Each line has the names, or why there are none. */
function watchWithoutDescriptors(folder: string) {
  const text = `
    const fs = await import('node:fs');
    const { KeyStore } = await import(${modulePath('../../src/keys/key-store.ts')});
    const { WatchedAllowList } = await import(${modulePath('../../src/keys/watched-allow-list.ts')});
    const store = new KeyStore(${JSON.stringify(folder)});
    const exhaust = () => { try { for (;;) fs.openSync('/dev/null'); } catch {} };
    const names = () => { exhaust(); console.log(list.current.names.join() || 'nobody'); };
    const list = new WatchedAllowList(store, { onChange: names, onReadable: (error) => console.log(error?.message ?? 'readable') });
    names();
    process.stdin.resume().on('end', () => process.exit());`;
  const args = ['-c', 'ulimit -n 100; exec "$@"', 'sh', process.execPath, '--input-type=module', '-e', text];
  const program = spawn('sh', args, { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => void program.kill('SIGKILL'));
  const lines = createInterface(program.stdout)[Symbol.asyncIterator]();
  return async () => (await lines.next()).value;
}

test('a process without a free descriptor still detects added and revoked clients', async () => {
  using keys = createKeyFolder('w1', 'w2');
  const next = watchWithoutDescriptors(keys.folder);
  expect(await next()).toBe('w1,w2');
  keys.store.revoke('w1');
  expect(await next()).toBe('w2');
  keys.store.add('w3');
  expect(await next()).toBe('w2,w3');
});

describe('each check, four times a second,', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
  afterEach(() => void vi.useRealTimers());

  /** A watched list, its reports, and the next check. */
  function watch(keys: ReturnType<typeof createKeyFolder>) {
    const told: string[] = [];
    const list = new WatchedAllowList(keys.store, {
      onChange: (before) => told.push(`${before.names} -> ${list.current.names}`),
      onReadable: (error) => told.push(error ? 'unreadable' : 'readable'),
    });
    const statsEnd = async () => {
      for (let time = 0; time < 5; time += 1) await stat(keys.folder).catch(() => {});
    };
    const look = async () => {
      vi.advanceTimersByTime(250);
      await statsEnd();
    };
    return { list, told, look, statsEnd };
  }

  test('reports a change once, with the previous list', async () => {
    using keys = createKeyFolder('w1');
    const { list, told, look } = watch(keys);
    using _ = list;
    await look();
    keys.store.add('w2');
    for (let time = 0; time < 4; time += 1) await look();
    expect(told).toEqual(['w1 -> w1,w2']);
  });

  test('reports once that the list is unavailable, and once that it is back, even if the file is unchanged', async () => {
    using keys = createKeyFolder('w1');
    const { list, told, look } = watch(keys);
    using _ = list;
    renameSync(keys.folder, `${keys.folder}-away`);
    for (let time = 0; time < 4; time += 1) await look();
    expect(told).toEqual(['unreadable']);
    expect(list.current.names).toEqual(['w1']);
    renameSync(`${keys.folder}-away`, keys.folder);
    for (let time = 0; time < 4; time += 1) await look();
    expect(told).toEqual(['unreadable', 'readable', 'w1 -> w1']);
  });

  test('is the last one at the end, even if the end comes during the check', async () => {
    using keys = createKeyFolder('w1');
    const first = watch(keys);
    first.list[Symbol.dispose]();
    expect(vi.getTimerCount()).toBe(0);
    const second = watch(keys);
    keys.store.add('w2');
    vi.advanceTimersByTime(250);
    second.list[Symbol.dispose]();
    await second.statsEnd();
    expect([vi.getTimerCount(), second.told]).toEqual([0, []]);
  });
});

test('a list that is unreadable from the start admits nobody, because there is no earlier one', () => {
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
