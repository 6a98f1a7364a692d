import { setTimeout as passing } from 'node:timers/promises';
import type { Direction, LinkProxy } from '../../support/proxy.ts';
import type { Random } from '../../support/random.ts';
import { messageMark } from '../wire-marks.ts';
import { clientNames } from './script.ts';
import type { World } from './world.ts';

/**
 * One kind of fault. It ends when the disturbance is over; a kill ends when everything that only the dead process knew
 * is known again.
 */
export interface Fault {
  readonly kind: string;
  /** How often it is chosen, relative to the others of its list. */
  readonly weight: number;
  run(world: World, random: Random): Promise<void> | void;
}

const endings = ['fin', 'rst'] as const;
const ways: readonly [readonly Direction[], ...(readonly Direction[])[]] = [['up'], ['down'], ['up', 'down']];

/** The messages in each direction: a line is cut just before one of these. */
const marks = [
  { direction: 'down', type: 'command' },
  { direction: 'down', type: 'cancel' },
  { direction: 'down', type: 'ack' },
  { direction: 'down', type: 'output-ack' },
  { direction: 'down', type: 'fetch' },
  { direction: 'up', type: 'accepted' },
  { direction: 'up', type: 'rejected' },
  { direction: 'up', type: 'output' },
  { direction: 'up', type: 'result' },
  { direction: 'up', type: 'job' },
  { direction: 'up', type: 'jobs-end' },
] as const;

/** Faults of the lines between clients and server: of one client, of some, of all. */
export const lineFaults: readonly Fault[] = [
  fault('cut', 30, (world, random) => {
    for (const line of someLines(world, random)) line.cut(random.pick(endings));
  }),
  fault('cut in a message', 30, (world, random) => {
    const { direction, type } = random.pick<(typeof marks)[number]>(marks);
    // Not awaited: it ends with the next such message, and with keys nobody can tell which message that is.
    for (const line of someLines(world, random)) {
      const [ending, count] = [random.pick(endings), random.int(1, 8)];
      if (world.keyed) void line.cutAfterBytes(direction, 100 * count, ending);
      else void line.cutAt(direction, messageMark(type), ending, count);
    }
  }),
  fault('half-close', 10, (world, random) => {
    for (const line of someLines(world, random)) line.halfClose('client', random.pick(endings));
  }),
  // Its client notices only after 10 s of silence.
  fault('half-close', 1, (world, random) => {
    oneLine(world, random).halfClose('server', random.pick(endings));
  }),
  fault('freeze', 20, (world, random) => freeze(someLines(world, random), random, random.int(50, 800))),
  fault('freeze', 3, (world, random) => freeze([oneLine(world, random)], random, random.int(3_200, 4_500))),
  fault('freeze', 0.5, (world, random) => freeze([oneLine(world, random)], random, random.int(10_500, 12_000))),
  fault('delay', 10, async (world, random) => {
    const slow = someLines(world, random);
    for (const line of slow) line.delay(random.int(5, 100));
    await passing(random.int(300, 2_000));
    for (const line of slow) line.delay(0);
  }),
  fault('refuse', 10, async (world, random) => {
    const closed = someLines(world, random);
    for (const line of closed) line.refuse();
    for (const line of closed) line.cut(random.pick(endings));
    await passing(random.int(100, 1_500));
    for (const line of closed) await line.accept();
  }),
];

/** Faults of the processes, one at a time. */
export const processFaults: readonly Fault[] = [
  fault('client stop', 30, (world, random) => stopClient(world, random, random.int(50, 1_000))),
  fault('client stop', 4, (world, random) => stopClient(world, random, random.int(3_200, 4_500))),
  fault('server stop', 15, (world, random) => stopServer(world, random.int(50, 1_000))),
  fault('server stop', 2, (world, random) => stopServer(world, random.int(3_200, 4_500))),
  fault('client kill', 20, async (world, random) => {
    const names = someNames(random);
    await Promise.all(names.map((name) => world.killClient(name)));
    await replaceClients(world, names, random);
  }),
  // The last job that it started and could not report.
  fault('client kill', 20, async (world, random) => {
    const names = someNames(random);
    const lines = names.map((name) => world.line(name));
    for (const line of lines) line.freeze('up');
    await passing(random.int(20, 300));
    await Promise.all(names.map((name) => world.killClient(name)));
    for (const line of lines) line.thaw();
    await replaceClients(world, names, random);
  }),
  fault('client end', 10, async (world, random) => {
    const name = random.pick(clientNames);
    await world.endClient(name);
    await replaceClients(world, [name], random);
  }),
  fault('server kill', 12, async (world, random) => {
    await world.killServer();
    await replaceServer(world, random);
  }),
  // Its last report, which it cannot acknowledge: the next server repeats it.
  fault('server kill', 12, async (world, random) => {
    const lines = [...world.lines.values()];
    for (const line of lines) line.freeze('down');
    await passing(random.int(20, 300));
    await world.killServer();
    for (const line of lines) line.thaw();
    await replaceServer(world, random);
  }),
];

export function chooseFault(faults: readonly Fault[], random: Random): Fault | undefined {
  let left = random.next() * faults.reduce((sum, { weight }) => sum + weight, 0);
  return faults.find(({ weight }) => {
    left -= weight;
    return left < 0;
  });
}

function fault(kind: string, weight: number, run: Fault['run']): Fault {
  return { kind, weight, run };
}

async function freeze(lines: readonly LinkProxy[], random: Random, ms: number): Promise<void> {
  for (const line of lines) line.freeze(...random.pick(ways));
  await passing(ms);
  for (const line of lines) line.thaw();
}

async function replaceClients(world: World, names: readonly string[], random: Random): Promise<void> {
  await passing(random.int(0, 700));
  for (const name of names) world.startClient(name);
  await settle(world, random);
}

async function replaceServer(world: World, random: Random): Promise<void> {
  await passing(random.int(0, 1_000));
  world.startServer(random.int(1, clientNames.length));
  await settle(world, random);
}

/** Without a durable store, the other side reports what only the dead process knew, so it must not die first. */
async function settle(world: World, random: Random): Promise<void> {
  if (!world.isDurable || random.int(1, 2) === 1) await world.untilInTouch();
}

async function stopClient(world: World, random: Random, ms: number): Promise<void> {
  const name = random.pick(clientNames);
  const { program } = world.clients.find((client) => client.name === name) ?? {};
  program?.stop();
  await passing(ms);
  program?.cont();
}

async function stopServer({ server }: World, ms: number): Promise<void> {
  server?.stop();
  await passing(ms);
  server?.cont();
}

const someNames = (random: Random): string[] => [
  ...new Set(Array.from({ length: random.int(1, 3) }, () => random.pick(clientNames))),
];

const oneLine = (world: World, random: Random): LinkProxy => world.line(random.pick(clientNames));

function someLines(world: World, random: Random): LinkProxy[] {
  const dice = random.int(1, 10);
  if (dice <= 5) return [oneLine(world, random)];
  const all = [...world.lines.values()];
  return dice <= 8 ? all.filter(() => random.int(1, 2) === 1) : all;
}
