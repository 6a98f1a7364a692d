import {
  builtinContracts,
  builtinImplementations,
  type Client,
  type ClientEvent,
  type ClientOptions,
  type CommandContract,
  createClient,
  createServer,
  type Event,
  type EventReader,
  type Implementation,
  type Server,
  type ServerOptions,
} from '../../src/index.ts';
import { Changes } from './changes.ts';

const contracts = await builtinContracts();
const implementations = await builtinImplementations();

/** The events so far, and a way to wait for later ones. */
class Told<Of extends { type: string }> {
  readonly all: Of[] = [];
  private readonly changes = new Changes();

  readonly take = (event: Of): void => {
    this.all.push(event);
    this.changes.tell();
  };

  of<Type extends Of['type']>(type: Type): Extract<Of, { type: Type }>[] {
    return this.all.filter((event): event is Extract<Of, { type: Type }> => event.type === type);
  }

  /** The first matching event, past or future. */
  async first<Found extends Of>(fits: (event: Of) => event is Found): Promise<Found>;
  async first(fits: (event: Of) => boolean): Promise<Of>;
  async first(fits: (event: Of) => boolean): Promise<Of> {
    return await this.changes.until(() => this.all.find(fits));
  }
}

/** A server on a free port of loopback, and its events. */
export async function openServer(options: Partial<ServerOptions> & { commands?: readonly CommandContract[] } = {}) {
  const { commands = [], bind = 'tcp://127.0.0.1:*', ...rest } = options;
  const server = await createServer({ ...rest, bind, commands: [...contracts, ...commands] });
  const told = new Told<Event>();
  void takeAll(server.watch(), told);
  return Object.assign(server, { told });
}

/** Names of clients that have joined before: others may be expected. */
export async function namesOfVisitors(server: Pick<Server, 'clients'>): Promise<string[]> {
  const clients = await server.clients();
  return clients.flatMap(({ name, bootId }) => (bootId === undefined ? [] : [name]));
}

async function takeAll(reader: EventReader, told: Told<Event>): Promise<void> {
  for await (const event of reader) told.take(event);
}

type OpenClientOptions = Partial<Omit<ClientOptions, 'commands'>> & { commands?: readonly Implementation[] };

/** A connected client of this server, ready by default. */
export async function openClient(server: Pick<Server, 'endpoint'>, options: OpenClientOptions = {}) {
  const client = await startClient(server, options);
  await client.told.first(({ type }) => type === 'connected');
  return client;
}

/** The same, at once. */
export async function startClient({ endpoint }: Pick<Server, 'endpoint'>, options: OpenClientOptions = {}) {
  const { commands = [], ...rest } = options;
  const told = new Told<ClientEvent>();
  const client: Client = await createClient({
    ...(rest.credentials === undefined && { name: 'w1' }),
    connect: endpoint,
    ready: true,
    ...rest,
    commands: [...implementations, ...commands],
    onEvent: told.take,
  });
  return Object.assign(client, { told });
}

/** A server with one client that has reported its jobs. Closed in reverse order. */
export async function openPair(
  options: { server?: Parameters<typeof openServer>[0]; client?: OpenClientOptions } = {},
) {
  await using stack = new AsyncDisposableStack();
  const server = stack.use(await openServer(options.server));
  const client = stack.use(await startClient(server, options.client));
  await server.waitForClients(1);
  const kept = stack.move();
  return { server, client, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}
