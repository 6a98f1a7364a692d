import { listen } from '../../src/wire/listener.ts';
import { arrivalsOf } from '../support/pulled.ts';
import { frameOf, readClient, welcomeOf } from '../support/wire.ts';
import type { Aim } from './corpus.ts';
import { Inputs } from './inputs.ts';

const bootId = 'mallorymallory';

/** Commands that clients have. None is `terminate`: to obey that one is right. */
const args: Readonly<Record<string, object>> = {
  ping: {},
  calculate: { seconds: 0.01, message: 'x' },
  start: {},
  stop: {},
};

const aim: Aim = (message, random) => {
  if (message.type === 'welcome') return { ...message, serverBootId: bootId };
  if (!('id' in message)) return message;
  const id = `${bootId}.${random.int(1, 5_000)}`;
  if (message.type !== 'command') return { ...message, id };
  const name = random.pick(['ping', 'calculate', 'start', 'stop', message.name]);
  return { ...message, id, name, args: { ...args[name] } };
};

export interface HostileServerFigures {
  sessions: number;
  frames: number;
  /** What clients sent that no server could read. */
  readonly unreadable: string[];
}

/** A server that welcomes each client as it should, and then sends it hostile frames. Until `signal` is aborted. */
export async function attackClients(options: {
  endpoint: string;
  seed: number;
  signal: AbortSignal;
}): Promise<HostileServerFigures> {
  const figures: HostileServerFigures = { sessions: 0, frames: 0, unreadable: [] };
  const inputs = new Inputs(options.seed, aim);
  const listener = await listen(options.endpoint);
  options.signal.addEventListener('abort', () => void listener[Symbol.asyncDispose](), { once: true });
  let index = 0;

  async function attack(peer: string): Promise<void> {
    figures.sessions += 1;
    await listener.send(peer, welcome());
    for (let left = 30; left > 0; left -= 1) {
      const isValid = left > 30 - (index % 20);
      const frame = isValid ? inputs.valid(index, 'fromServer') : inputs.at(index, 'fromServer').bytes;
      index += 1;
      figures.frames += 1;
      await listener.send(peer, frame);
    }
  }

  for await (const { peer, parts } of arrivalsOf(listener)) {
    try {
      const messages = parts?.[0] ? readClient(parts[0]) : [];
      // It hangs up on what it cannot read.
      if (messages.some(({ type }) => type === 'hello')) attack(peer).catch(() => {});
    } catch (error) {
      figures.unreadable.push(String(error));
    }
  }
  return figures;
}

const welcome = () => frameOf(welcomeOf(bootId, { sentMs: performance.now() }));
