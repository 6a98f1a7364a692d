import { existsSync, linkSync, mkdirSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { dial } from '../../src/wire/dial.ts';
import { isIpcInUse } from '../../src/wire/ipc-in-use.ts';
import { underIpcLock } from '../../src/wire/ipc-lock.ts';
import { listen } from '../../src/wire/listener.ts';
import { newFolder } from '../support/new-folder.ts';
import { arrivalsOf } from '../support/pulled.ts';
import { refusal } from '../support/refusal.ts';

test('if several servers start at one path together, exactly one listens and owns the path', async () => {
  const path = join(newFolder(), 's');
  for (let round = 0; round < 20; round += 1) {
    const begun = await Promise.allSettled(Array.from({ length: 3 }, () => listen(`ipc://${path}`)));
    const [listener, ...others] = begun.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
    expect(others).toHaveLength(0);
    const failures = begun.flatMap((one) => (one.status === 'rejected' ? one.reason : []));
    expect(failures).toEqual([refusal('cannot_bind'), refusal('cannot_bind')]);
    const connection = await dial(`ipc://${path}`, new AbortController().signal);
    await connection.send(Buffer.from('hello'));
    if (!listener) throw new Error('nobody listens');
    expect(String((await arrivalsOf(listener).next()).value?.parts)).toBe('hello');
    connection.close(0);
    await listener?.[Symbol.asyncDispose]();
    expect(existsSync(path)).toBe(false);
  }
});

test('only one server at a time binds in a folder, and no lock remains', async () => {
  const folder = newFolder();
  let inside = 0;
  let most = 0;
  const bind = async () => {
    inside += 1;
    most = Math.max(most, inside);
    await isIpcInUse(`ipc://${folder}/s`);
    inside -= 1;
  };
  await Promise.all(Array.from({ length: 8 }, () => underIpcLock(`ipc://${folder}/s`, bind)));
  expect(most).toBe(1);
  expect(readdirSync(folder)).toEqual([]);
});

test('a server that was killed while it bound does not block others, and its leftovers are removed', async () => {
  const folder = newFolder();
  const dead = createServer();
  await new Promise<void>((resolve) => dead.listen(join(folder, '.bind-live'), resolve));
  // The linked name outlives the socket, like that of a killed process.
  linkSync(join(folder, '.bind-live'), join(folder, '.bind-0123abcd'));
  await new Promise((resolve) => dead.close(resolve));
  await using _ = await listen(`ipc://${folder}/s`);
  expect(readdirSync(folder)).toEqual(['s']);
});

test('a path that is too long for a lock can still be listened on', async () => {
  const folder = newFolder();
  const long = join(folder, 'x'.repeat(105 - folder.length - 1));
  mkdirSync(long);
  await using _ = await listen(`ipc://${long}/s`);
  expect(readdirSync(long)).toEqual(['s']);
});
