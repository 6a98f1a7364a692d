import { setImmediate as nextTurn, setTimeout as passing } from 'node:timers/promises';
import type { FromClient, FromServer } from '../../schemas/index.ts';
import { readCredentials } from '../../src/keys/credentials.ts';
import { hello as helloOf } from '../support/hello.ts';
import { proved } from '../support/key-folder.ts';
import { createRandom, type Random } from '../support/random.ts';
import { RawDealer } from '../support/raw-peers.ts';
import { frameOf, readServer } from '../support/wire.ts';
import type { Aim } from './corpus.ts';
import { Inputs, inParts } from './inputs.ts';

/** The actions of a hostile client, and the answers. */
export interface HostileClientFigures {
  sessions: number;
  frames: number;
  /** Messages of the server, by type. */
  readonly answers: Record<string, number>;
  /** Refusals by code. */
  readonly refused: Record<string, number>;
  /** Messages of the server that no client could read. */
  readonly unreadable: string[];
}

const mallory = 'mallorymallory';
/** The server adopts these, so that it accepts reports about them. */
const ownJob = (random: Random): string => `${mallory}.${random.int(1, 200)}`;

/**
 * @param bootId of the server.
 * @param hello of a client that it admits.
 */
function aimAt(bootId: string, hello: FromClient): Aim {
  return (message, random) => {
    // A second hello or list would end the session too early, and so would a goodbye.
    const isLast = message.type === 'hello' || message.type === 'jobs-end' || message.type === 'goodbye';
    if (isLast && random.int(0, 19) > 0)
      return { type: 'heartbeat-ack', seq: random.int(0, 9), state: 'ready', lagMs: 0 };
    if (message.type === 'hello') return random.int(0, 9) > 0 ? hello : { ...hello, name: 'healthy' };
    if (!('id' in message)) return message;
    const dice = random.int(0, 19);
    // Jobs of others, by ids that this server gives.
    const id = dice > 1 ? ownJob(random) : dice === 1 ? random.int(1, 5_000) : `${bootId}.${random.int(1, 5_000)}`;
    // Mostly within the credit.
    if ('offset' in message && random.int(0, 4) > 0) return { ...message, id, offset: random.int(0, 3) };
    return { ...message, id };
  };
}

/**
 * Is admitted, says hello correctly, and then sends hostile frames until it is refused; then it reconnects.
 * Occasionally its first frame is hostile. Runs until `signal` is aborted.
 */
export async function attackServer(options: {
  endpoint: string;
  credentials: string;
  bootId: string;
  seed: number;
  figures: HostileClientFigures;
  signal: AbortSignal;
}): Promise<void> {
  const { endpoint, signal, figures } = options;
  const keys = readCredentials(options.credentials);
  const fields = helloOf({ name: keys.name, bootId: mallory, state: 'ready', commands: ['ping', 'calculate'] });
  const hello = proved(fields, options.credentials);
  const inputs = new Inputs(options.seed, aimAt(options.bootId, hello));
  const random = createRandom(options.seed);
  let index = 0;
  while (!signal.aborted) {
    await using dealer = await RawDealer.dial(endpoint, undefined, keys);
    figures.sessions += 1;
    let over = false;
    const reading = read(dealer, figures).finally(() => {
      over = true;
    });
    if (random.int(0, 7) > 0) await dealer.send(opening(hello, random)).catch(() => {});
    // First some valid but harmful messages, then hostile frames. After the end of a session nothing is read, so more
    // of them would only be dropped.
    const valid = random.int(0, 30);
    for (let sent = 0; sent < 50 && !over && !signal.aborted; sent += 1) {
      const frame = sent < valid ? inputs.valid(index, 'fromClient') : inputs.at(index, 'fromClient').bytes;
      await dealer.send(sent < valid ? frame : inParts(frame, random)).catch(() => {});
      index += 1;
      figures.frames += 1;
      await nextTurn();
    }
    if (!over) await Promise.race([reading, passing(100)]);
  }
}

/** A hello and a list of jobs, which may be incomplete. */
function opening(hello: FromClient, random: Random): Buffer {
  const job = (): FromClient => ({
    ...{ type: 'job', id: ownJob(random), command: random.pick(['ping', 'calculate', 'run']), offsets: {} },
    state: random.pick(['running', 'running', 'settled']),
  });
  const jobs = Array.from({ length: random.int(0, 20) }, job);
  const end: FromClient[] = random.int(0, 9) > 0 ? [{ type: 'jobs-end', elsewhere: 0 }] : [];
  return frameOf(hello, ...jobs, ...end);
}

async function read(dealer: RawDealer, { answers, refused, unreadable }: HostileClientFigures): Promise<void> {
  for await (const [frame = Buffer.alloc(0), ...rest] of dealer) {
    if (rest.length > 0) unreadable.push(`${rest.length + 1} parts`);
    for (const message of readable(frame, unreadable)) {
      answers[message.type] = (answers[message.type] ?? 0) + 1;
      if (message.type !== 'refused') continue;
      refused[message.error.code] = (refused[message.error.code] ?? 0) + 1;
      // This one asks only for another hello.
      if (message.error.code !== 'unknown_session') return;
    }
  }
}

function readable(frame: Buffer, unreadable: string[]): FromServer[] {
  try {
    return readServer(frame);
  } catch (error) {
    unreadable.push(String(error));
    return [];
  }
}

export function createHostileClientFigures(): HostileClientFigures {
  return { sessions: 0, frames: 0, answers: {}, refused: {}, unreadable: [] };
}

/** Refusals that report a failure inside the server. */
export function faultsIn({ refused, unreadable }: HostileClientFigures): string[] {
  const internal = refused.internal ?? 0;
  return [
    ...(internal === 0 ? [] : [`${internal} frames led to a fault of the server's own`]),
    ...unreadable.slice(0, 5).map((what) => `the server sent what no client can read: ${what}`),
  ];
}
