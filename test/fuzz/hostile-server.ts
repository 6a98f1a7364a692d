import { setTimeout as passing } from 'node:timers/promises';
import { Router } from 'zeromq';
import { createBootId } from '../../src/boot-id.ts';
import { createRandom } from '../support/random.ts';
import { frameOf, readClient, welcomeOf } from '../support/wire.ts';
import type { Aim } from './corpus.ts';
import { Inputs, inParts } from './inputs.ts';

const bootId = 'mallorymallory';

/** Commands that clients have. None is `terminate`, because obeying that one is correct. */
const args: Readonly<Record<string, object>> = {
  ping: {},
  calculate: { seconds: 0.01, message: 'x' },
  start: {},
  stop: {},
};

const aim: Aim = (message, random) => {
  // These would end the session too early.
  const isLast = message.type === 'welcome' || message.type === 'refused';
  if (isLast && random.int(0, 19) > 0) return { type: 'heartbeat', seq: random.int(0, 9), sentMs: performance.now() };
  if (message.type === 'welcome') return { ...message, protocol: 2, serverBootId: bootId };
  const counter = random.int(1, 100);
  const id = random.int(0, 3) > 0 ? counter : `${bootId}.${counter}`;
  if (message.type === 'ack') return { ...message, ids: message.ids.map(() => random.int(1, 100)) };
  if (!('id' in message)) return message;
  if (message.type !== 'command') return { ...message, id };
  const name = random.pick(['ping', 'calculate', 'start', 'stop', message.name]);
  return { ...message, id, name, args: { ...args[name] } };
};

export interface HostileServerFigures {
  sessions: number;
  frames: number;
  /** Messages of clients, by type. */
  readonly answers: Record<string, number>;
  /** Messages of clients that no server could read. */
  readonly unreadable: string[];
}

/**
 * A server that mostly welcomes each client correctly, under a boot id that is new to it or not, and then sends it
 * hostile frames. Runs until `signal` is aborted.
 */
export async function attackClients(options: {
  endpoint: string;
  seed: number;
  signal: AbortSignal;
}): Promise<HostileServerFigures> {
  const figures: HostileServerFigures = { sessions: 0, frames: 0, answers: {}, unreadable: [] };
  const inputs = new Inputs(options.seed, aim);
  const random = createRandom(options.seed);
  const router = new Router({ linger: 0, mandatory: true, sendTimeout: 0 });
  await router.bind(options.endpoint);
  options.signal.addEventListener('abort', () => router.close(), { once: true });
  let index = 0;

  /** Retries if the line is full; fails if the client is gone. */
  async function send(peer: Buffer, parts: Buffer | readonly Buffer[]): Promise<void> {
    for (;;) {
      try {
        await router.send([peer, ...(Buffer.isBuffer(parts) ? [parts] : parts)]);
        return;
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
        await passing(1);
      }
    }
  }

  async function attack(peer: Buffer): Promise<void> {
    figures.sessions += 1;
    const known = random.int(0, 1) === 0 ? bootId : createBootId();
    if (random.int(0, 7) > 0) await send(peer, frameOf(welcomeOf(known, { sentMs: performance.now() })));
    const valid = random.int(0, 20);
    for (let sent = 0; sent < 30; sent += 1) {
      const frame = sent < valid ? inputs.valid(index, 'fromServer') : inputs.at(index, 'fromServer').bytes;
      index += 1;
      await send(peer, sent < valid ? frame : inParts(frame, random));
      figures.frames += 1;
    }
  }

  for await (const [peer, frame, ...rest] of router) {
    if (!peer || !frame) continue;
    if (rest.length > 0) figures.unreadable.push(`${rest.length + 1} parts`);
    try {
      const messages = readClient(frame);
      for (const { type } of messages) figures.answers[type] = (figures.answers[type] ?? 0) + 1;
      // It disconnects peers that it cannot read.
      if (messages.some(({ type }) => type === 'hello')) attack(peer).catch(() => {});
    } catch (error) {
      figures.unreadable.push(String(error));
    }
  }
  return figures;
}
