import { once } from 'node:events';
import { existsSync, rmSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createKeyPair } from '../../src/wire/curve.ts';
import { type Connection, dial } from '../../src/wire/dial.ts';
import { isIpcLock } from '../../src/wire/ipc-lock.ts';
import { listen } from '../../src/wire/listener.ts';
import { newFolder } from '../support/new-folder.ts';
import { type Arrival, arrivalsOf, framesOf } from '../support/pulled.ts';
import { anyPort, taking } from '../support/raw-peers.ts';

const forever = new AbortController().signal;

/** A listener with keys that admits every client, and its clients. */
async function open() {
  const server = createKeyPair();
  const listener = await listen(anyPort, { ...server, authenticate: () => true });
  const arrival = taking(arrivalsOf(listener));
  const join = async (): Promise<{ connection: Connection; peer: string }> => {
    const connection = await dial(listener.endpoint, forever, { ...createKeyPair(), serverKey: server.publicKey });
    await connection.send(Buffer.from('hello'));
    const { peer, parts } = await arrival();
    expect(String(parts)).toBe('hello');
    return { connection, peer };
  };
  return { listener, arrival, join, [Symbol.asyncDispose]: () => listener[Symbol.asyncDispose]() };
}

describe('a listener with keys', () => {
  test('lists the open connections', async () => {
    await using here = await open();
    const [one, two] = [await here.join(), await here.join()];
    expect(here.listener.peers().sort()).toEqual([one.peer, two.peer].sort());
    one.connection.close(0);
    expect(await here.arrival()).toEqual({ peer: one.peer, parts: undefined });
    expect(here.listener.peers()).toEqual([two.peer]);
    two.connection.close(0);
  });

  test('closes all connections on request, reports each end once, and continues to listen', async () => {
    await using here = await open();
    const [one, two] = [await here.join(), await here.join()];
    const ends = [one, two].map(({ connection }) => framesOf(connection).next());
    const arrivals = [here.arrival(), here.arrival()];
    await Promise.all([here.listener.closeConnections(), here.listener.closeConnections()]);
    expect((await Promise.all(ends)).map(({ done }) => done)).toEqual([true, true]);
    const told: Arrival[] = await Promise.all(arrivals);
    expect(told.map(({ peer, parts }) => [peer, parts]).sort()).toEqual(
      [one, two].map(({ peer }) => [peer, undefined]).sort(),
    );
    const again = await here.join();
    expect(here.listener.peers()).toEqual([again.peer]);
    await here.listener.send(again.peer, Buffer.from('welcome'));
    expect(String((await framesOf(again.connection).next()).value)).toBe('welcome');
    again.connection.close(0);
  });

  test('can be closed while it closes its connections', async () => {
    await using here = await open();
    const { connection } = await here.join();
    const ended = framesOf(connection).next();
    await Promise.all([here.listener.closeConnections(), here.listener[Symbol.asyncDispose]()]);
    expect((await ended).done).toBe(true);
  });
});

describe('a listener on ipc', () => {
  /** A path in a new folder, and a wait for servers that bind there. */
  function newPlace() {
    const folder = newFolder();
    const watcher = watch(folder);
    onTestFinished(() => watcher.close());
    /** Resolves after this number of changes to the locks. */
    const lockChanges = async (count: number) => {
      for (let seen = 0; seen < count; ) {
        const [, name] = await once(watcher, 'change');
        if (isIpcLock(String(name))) seen += 1;
      }
    };
    return { path: join(folder, 's'), lockChanges };
  }

  test('retries until it has its address back', async () => {
    const { path, lockChanges } = newPlace();
    await using listener = await listen(`ipc://${path}`);
    const closing = listener.closeConnections();
    writeFileSync(path, 'precious');
    // Each attempt creates and removes a lock.
    await lockChanges(4);
    rmSync(path);
    await closing;
    await using connection = await dial(`ipc://${path}`, forever);
    await connection.send(Buffer.from('hello'));
    expect(String((await arrivalsOf(listener).next()).value?.parts)).toBe('hello');
  });

  test('releases its address if it is closed in the meantime', async () => {
    const { path, lockChanges } = newPlace();
    const listener = await listen(`ipc://${path}`);
    const closing = listener.closeConnections();
    await lockChanges(1);
    await listener[Symbol.asyncDispose]();
    await closing;
    expect(existsSync(path)).toBe(false);
    await using _next = await listen(`ipc://${path}`);
  });
});
