import { pack } from 'msgpackr';
import { expect, test } from 'vitest';
import { serverLayouts } from '../../schemas/index.ts';
import { listen } from '../../src/wire/listener.ts';
import { startClient } from '../support/library.ts';
import { arrivalsOf } from '../support/pulled.ts';
import { readClient, welcomeOf } from '../support/wire.ts';

const { command, heartbeat, ack } = serverLayouts;

test('a client works with a server that also supports a later version, with unknown features, fields and messages', async () => {
  await using server = await listen('tcp://127.0.0.1:*');
  await using client = await startClient(server, { ready: true });
  const arrivals = arrivalsOf(server);
  const say = (peer: string, ...messages: unknown[]) => server.send(peer, pack(messages));
  const heard: string[] = [];
  for await (const { peer, parts } of arrivals) {
    for (const message of parts?.[0] ? readClient(parts[0]) : []) {
      heard.push(message.type);
      if (message.type === 'hello') {
        const welcome = { ...welcomeOf('aaaaaaaaaaaa'), features: ['tomorrow'], region: { name: 'north' } };
        await say(peer, welcome, { type: 'motto', text: 'hello' }, [250, 1, 'what', { ever: [1] }]);
      } else if (message.type === 'jobs-end') {
        await say(
          peer,
          [heartbeat.code, 1, 0, { load: 0.5 }, 'and more'],
          [command.code, 1, 'stop', {}, 0, { priority: 7, timeoutMs: 60_000 }, 'and more'],
        );
      } else if (message.type === 'result') {
        expect(message).toMatchObject({ id: 1, outcome: 'completed', result: { state: 'unready' } });
        await say(peer, [ack.code, [1], { early: true }]);
        expect(heard).toEqual(expect.arrayContaining(['heartbeat-ack', 'accepted', 'state']));
        expect(client.told.of('disconnected')).toEqual([]);
        return;
      }
    }
  }
});

test('a client whose version is refused reports what to do, and dials again', async () => {
  await using server = await listen('tcp://127.0.0.1:*');
  await using client = await startClient(server);
  const error = { code: 'unsupported_protocol', message: 'this server speaks version 3: update the client' };
  let hellos = 0;
  for await (const { peer, parts } of arrivalsOf(server)) {
    if (!parts?.[0]) continue;
    hellos += 1;
    if (hellos === 2) break;
    await server.send(peer, pack([{ type: 'refused', error, since: 3 }]));
  }
  expect(client.told.of('disconnected')[0]?.error).toMatchObject(error);
});
