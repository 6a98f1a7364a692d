import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import { builtinImplementations, type ClientEvent, createClient } from '../../src/index.ts';
import { freePort } from '../support/free-port.ts';
import { createKeyFolder } from '../support/key-folder.ts';
import { Program, startClient, startClients, startServer } from '../support/processes.ts';
import { attackServer, createHostileClientFigures, faultsIn, type HostileClientFigures } from './hostile-client.ts';
import { attackClients, type HostileServerFigures } from './hostile-server.ts';
import type { ServerFigures } from './pinging-server.ts';

/** How much slower the ping of a healthy client may become while another client is hostile. */
const maxPingRatio = 5;
/** The allowed memory growth of the server between the first and the last attack. */
const maxServerGrowthMiB = 8;

const attacks = 3;

interface ServerAttack {
  readonly seed: number;
  readonly hostile: HostileClientFigures;
  /** Before, after each attack, and in the quiet time afterwards. */
  readonly server: readonly ServerFigures[];
  readonly ratio: number;
  readonly violations: readonly string[];
}

/** A hostile client that is admitted at a server with keys, next to a healthy one that is pinged continuously. */
export async function fuzzServer(seed: number, seconds: number): Promise<ServerAttack> {
  await using stack = new AsyncDisposableStack();
  // Before it starts: a later addition is seen a moment later.
  const keys = stack.use(createKeyFolder('healthy', 'mallory'));
  const server = stack.use(new PingingServer(keys.folder));
  const { endpoint, bootId } = await server.listening();
  const healthy = ['src/main.ts', 'client', '--connect', endpoint, '--credentials', keys.of('healthy'), '--ready'];
  const client = stack.use(new Program('healthy', healthy));
  await client.said.until('connected', ({ data }) => data?.includes('is connected') === true);

  const hostile = createHostileClientFigures();
  const attack = async (number: number) => {
    const signal = AbortSignal.timeout(Math.round((seconds * 1_000) / attacks));
    await attackServer({
      endpoint,
      credentials: keys.of('mallory'),
      bootId,
      seed: seed + number,
      figures: hostile,
      signal,
    });
  };
  // Code that has not run often is slow in any case.
  await attack(0);
  await sleep(1_000);
  await server.figures();
  await sleep(2_000);
  const figures = [await server.figures()];
  for (let number = 1; number <= attacks; number += 1) {
    await attack(number);
    figures.push(await server.figures());
  }
  await sleep(2_000);
  figures.push(await server.figures());

  const [before, ...rest] = figures;
  const during = rest.slice(0, attacks);
  const after = rest.at(-1);
  // The middle one, compared with both quiet times, because other load of the machine varies.
  const middle = during.map(({ p50Ms }) => p50Ms).toSorted((a, b) => a - b)[Math.floor(attacks / 2)] ?? Number.NaN;
  const ratio = (2 * middle) / ((before?.p50Ms ?? 0) + (after?.p50Ms ?? 0));
  const growth = (after?.memoryMiB ?? 0) - (during[0]?.memoryMiB ?? 0);
  const violations = [
    ...faultsIn(hostile),
    ...figures.flatMap(({ wrong }) => wrong),
    ...(ratio <= maxPingRatio ? [] : [`the ping of the healthy client took ${ratio.toFixed(1)} times as long`]),
    ...(growth <= maxServerGrowthMiB ? [] : [`the server's memory grew by ${growth.toFixed(1)} MiB`]),
  ];
  return { seed, hostile, server: figures, ratio, violations };
}

export class PingingServer extends Program {
  constructor(keys?: string) {
    super('server', ['test/fuzz/pinging-server.ts', ...(keys === undefined ? [] : ['--keys', keys])]);
  }

  async listening(): Promise<{ endpoint: string; bootId: string }> {
    const { endpoint, bootId } = await this.log.until('its address', ({ type }) => type === 'listening');
    return { endpoint: String(endpoint), bootId: String(bootId) };
  }

  /** Of the time since the last request. */
  async figures(): Promise<ServerFigures> {
    const from = this.log.lines.length;
    this.child.stdin?.write('\n');
    const line = await this.log.until('its figures', ({ type }) => type === 'figures', { from });
    return line as unknown as ServerFigures;
  }
}

interface ClientAttack {
  readonly seed: number;
  readonly clients: number;
  readonly hostile: HostileServerFigures;
  /** How many of those answered a later ping of the good server. */
  readonly cameBack: number;
  readonly violations: readonly string[];
}

/** A hostile server to which real clients reconnect repeatedly; then a good one in its place. */
export async function fuzzClients(seed: number, seconds: number): Promise<ClientAttack> {
  await using stack = new AsyncDisposableStack();
  const clients = 20;
  const port = await freePort();
  stack.use(startClients(port, 'w', { count: clients - 2 }));
  stack.use(startClient(port, 'alone'));
  const faults: string[] = [];
  const onEvent = (event: ClientEvent) => {
    // A type that does not come only from events of the server.
    const error = event.type === 'disconnected' ? event.error : undefined;
    if (error?.code === 'internal' && error.cause !== undefined) faults.push(inspect(error.cause));
  };
  const commands = await builtinImplementations();
  const connect = `tcp://127.0.0.1:${port}`;
  stack.use(await createClient({ name: 'inside', connect, commands, ready: true, onEvent }));
  const signal = AbortSignal.timeout(Math.round(seconds * 1_000));
  const hostile = await attackClients({ endpoint: `tcp://127.0.0.1:${port}`, seed, signal });

  const good = stack.use(startServer(port, ['--wait-clients', String(clients), '--keep-going']));
  good.type('start', 'ping');
  const { summary } = await good.finish();
  const cameBack = good.log.count(({ type, command, outcome, adopted }) => {
    return type === 'result' && command === 'ping' && outcome === 'completed' && !adopted;
  });
  const violations = [
    ...(cameBack === clients ? [] : [`${cameBack} of ${clients} clients came back: ${JSON.stringify(summary)}`]),
    ...faults.slice(0, 5).map((what) => `a fault of a client's own: ${what}`),
    ...hostile.unreadable.slice(0, 5).map((what) => `a client sent what no server can read: ${what}`),
  ];
  return { seed, clients, hostile, cameBack, violations };
}
