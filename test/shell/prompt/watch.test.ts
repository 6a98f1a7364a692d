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

test('what a job said last is a line, also one that comes in pieces, that is rewritten, or that has not ended', () => {
  const { watch, tell } = open();
  const job = { id: 'boot.1', client: 'w1', command: 'run' };
  const seen = ['first\nCont', 'inue? ', '\n10 %', '\r20 ', '%\r'].map((text) => {
    tell({ type: 'output', ...job, stream: 'stdout', offset: 0, data: Buffer.from(text) });
    tell({ type: 'output', ...job, client: 'w2', stream: 'stdout', offset: 0, data: Buffer.from('other\n') });
    return watch.lastLine(job);
  });
  expect(seen).toEqual(['Cont', 'Continue? ', '10 %', '20 ', '20 %']);
  tell({ type: 'result', ...job, outcome: 'completed', result: null, durationMs: 1 });
  expect(watch.lastLine(job)).toBeUndefined();
});
