// Clients written from the protocol alone: raw-clients.ts --connect ENDPOINT --name NAME --count N [--hold N] [--deaf]
// NAME1 to NAMEN answer ping and heartbeats, and print how long after each other heartbeats arrived, in batches.
// --hold N: each starts N data commands, never ends one by itself, and answers no further one.
// --deaf: each says hello and what it holds, and then reads nothing more. They end with standard input.
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type FromClient, protocolVersion } from '../../schemas/index.ts';
import { createBootId } from '../../src/boot-id.ts';
import { type Connection, dial } from '../../src/wire/dial.ts';
import { Outbox } from '../../src/wire/outbox.ts';
import { framesOf } from '../support/pulled.ts';
import { readServer, wholeId } from '../support/wire.ts';
import { logLine } from './test-commands.ts';

const { values } = parseArgs({
  options: {
    connect: { type: 'string', default: '' },
    name: { type: 'string', default: 'raw' },
    count: { type: 'string', default: '1' },
    hold: { type: 'string' },
    deaf: { type: 'boolean', default: false },
  },
});

let intervalsMs: number[] = [];
setInterval(() => {
  if (intervalsMs.length > 0) logLine({ type: 'heartbeats', intervalsMs });
  intervalsMs = [];
}, 500);

/** The server may not have started yet. */
async function dialled(): Promise<Connection> {
  for (;;) {
    const connection = await dial(values.connect, new AbortController().signal).catch(() => undefined);
    if (connection) return connection;
    await sleep(100);
  }
}

async function live(name: string): Promise<void> {
  const connection = await dialled();
  const outbox = new Outbox({ send: (frame) => connection.send(frame), gone: () => connection.close(0) });
  const say = (...messages: FromClient[]) => {
    for (const message of messages) outbox.push(message);
  };
  say({
    type: 'hello',
    protocol: { min: protocolVersion, max: protocolVersion },
    features: [],
    version: '0',
    name,
    named: true,
    bootId: createBootId(),
    state: 'ready',
    commands: ['ping', 'calculate'],
    info: { host: 'raw', pid: process.pid, platform: process.platform },
    labels: {},
    facts: {},
  });
  await answer(name, connection, say);
  logLine({ type: 'disconnected', client: name });
}

async function answer(client: string, connection: Connection, say: (...messages: FromClient[]) => void): Promise<void> {
  const hold = values.hold === undefined ? undefined : Number(values.hold);
  let held = 0;
  let bootId = '';
  let lastBeatMs: number | undefined;
  for await (const frame of framesOf(connection)) {
    const nowMs = performance.now();
    for (const message of readServer(frame)) {
      if (message.type === 'welcome') {
        bootId = message.serverBootId;
        say({ type: 'jobs-end', elsewhere: 0 });
        logLine({ type: 'connected', client });
        if (values.deaf) return new Promise(() => {});
      } else if (message.type === 'heartbeat') {
        say({ type: 'heartbeat-ack', seq: message.seq, state: 'ready', lagMs: 0 });
        if (lastBeatMs !== undefined) intervalsMs.push(Math.round((nowMs - lastBeatMs) * 10) / 10);
        lastBeatMs = nowMs;
      } else if (message.type === 'cancel') {
        const error = { code: 'cancelled', message: 'cancelled by the server' } as const;
        say({ type: 'result', id: message.id, outcome: 'cancelled', durationMs: 0, error });
      } else if (message.type === 'command' && message.name === 'terminate') {
        const result = { state: 'terminating', changed: true };
        say(
          { type: 'accepted', id: message.id },
          { type: 'result', id: message.id, outcome: 'completed', result, durationMs: 0 },
        );
      } else if (message.type === 'command' && hold === undefined) {
        logLine({ type: 'begun', id: wholeId(message.id, bootId), client });
        const result = Math.floor(Date.now() / 1000);
        say(
          { type: 'accepted', id: message.id },
          { type: 'result', id: message.id, outcome: 'completed', result, durationMs: 0 },
        );
      } else if (message.type === 'command' && held < (hold ?? 0)) {
        held += 1;
        say({ type: 'accepted', id: message.id });
      }
    }
  }
}

for (let index = 1; index <= Number(values.count); index += 1) void live(`${values.name}${index}`);
process.stdin.resume();
process.stdin.once('end', () => process.exit(0));
