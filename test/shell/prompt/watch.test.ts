import { expect, test } from 'vitest';
import type { EventListener, Server } from '../../../src/index.ts';
import { Watch } from '../../../src/shell/prompt/watch.ts';

/** What a prompt watches of a server: the clients that are there, and what happens. */
function open(...clients: { name: string; state: string }[]) {
  let tell: EventListener = () => {};
  const server = {
    clients: () => clients,
    subscribe: (listener: EventListener) => {
      tell = listener;
      return () => {};
    },
  } as unknown as Server;
  return { watch: new Watch(server), tell: (event: Parameters<EventListener>[0]) => void tell(event) };
}

test('it counts who is connected and who of them is ready', () => {
  const { watch, tell } = open({ name: 'w1', state: 'ready' }, { name: 'w2', state: 'offline' });
  expect(watch.counts).toEqual({ ready: 1, online: 1 });
  tell({ type: 'client', client: 'w2', state: 'unready' });
  expect(watch.counts).toEqual({ ready: 1, online: 2 });
  tell({ type: 'client', client: 'w1', state: 'unresponsive' });
  expect(watch.counts).toEqual({ ready: 0, online: 2 });
  tell({ type: 'client', client: 'w2', state: 'offline' });
  expect(watch.counts).toEqual({ ready: 0, online: 1 });
});
