import type { FromServer } from '../../schemas/index.ts';
import { readCredentials } from '../../src/keys/credentials.ts';
import { type Connection, dial } from '../../src/wire/dial.ts';
import { hello as helloOf } from '../support/hello.ts';
import { proved } from '../support/key-folder.ts';
import { framesOf } from '../support/pulled.ts';
import { frameOf, readServer } from '../support/wire.ts';
import type { Aim } from './corpus.ts';
import { Inputs } from './inputs.ts';

/** What a hostile client has done, and how it was answered. */
export interface HostileClientFigures {
  sessions: number;
  frames: number;
  /** Refusals by code. */
  readonly refused: Record<string, number>;
  /** What the server sent and no client could read. */
  readonly unreadable: string[];
}

/**
 * Is let in, says hello as it should, and then sends hostile frames until it is refused; then it comes again. Until
 * `signal` is aborted.
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
  const commands = ['ping', 'calculate'];
  const fields = { name: keys.name, bootId: 'mallorymallory', state: 'ready', commands } as const;
  const hello = proved(helloOf(fields), options.credentials);
  const aim: Aim = (message, random) => {
    if (message.type === 'hello') return random.int(0, 9) > 0 ? hello : { ...hello, name: 'healthy' };
    // It would end the session before there was much of it.
    if (message.type === 'goodbye' && random.int(0, 9) > 0) return { type: 'jobs-end', elsewhere: 0 };
    // Jobs of others, by the ids that this server gives; other ones would be of an earlier server.
    if ('id' in message && random.int(0, 3) > 0) {
      const counter = random.int(1, 5_000);
      return { ...message, id: random.int(0, 1) ? counter : `${options.bootId}.${counter}` };
    }
    return message;
  };
  const inputs = new Inputs(options.seed, aim);
  let index = 0;
  while (!signal.aborted) {
    const connection = await dial(endpoint, signal, keys).catch(() => undefined);
    if (!connection) continue;
    await using _ended = connection;
    figures.sessions += 1;
    let over = false;
    const reading = read(connection, figures).finally(() => {
      over = true;
    });
    await connection.send(frameOf(hello, { type: 'jobs-end', elsewhere: 0 })).catch(() => {});
    // First some that are read and mean nothing good, then hostile ones. Of a session that is over nothing is read: more than
    // these would only be dropped.
    for (let left = 50; left > 0 && !over && !signal.aborted; left -= 1) {
      const isValid = left > 50 - (index % 20);
      const frame = isValid ? inputs.valid(index, 'fromClient') : inputs.at(index, 'fromClient').bytes;
      await connection.send(frame).catch(() => {});
      index += 1;
      figures.frames += 1;
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (!over) await Promise.race([reading, new Promise((resolve) => setTimeout(resolve, 100))]);
  }
}

async function read(connection: Connection, { refused, unreadable }: HostileClientFigures): Promise<void> {
  for await (const frame of framesOf(connection)) {
    for (const message of readable(frame, unreadable)) {
      if (message.type !== 'refused') continue;
      refused[message.error.code] = (refused[message.error.code] ?? 0) + 1;
      // To say hello again is all that this one asks for.
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
  return { sessions: 0, frames: 0, refused: {}, unreadable: [] };
}

/** Refusals that say that something of the server's own has failed. */
export function faultsIn({ refused, unreadable }: HostileClientFigures): string[] {
  const internal = refused.internal ?? 0;
  return [
    ...(internal === 0 ? [] : [`${internal} frames led to a fault of the server's own`]),
    ...unreadable.slice(0, 5).map((what) => `the server sent what no client can read: ${what}`),
  ];
}
