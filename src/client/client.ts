import { clientNameSchema, SignalboxError } from '../../schemas/index.ts';
import { readCredentials } from '../keys/credentials.ts';
import { refuseNamesakes } from '../namesakes.ts';
import { type Implementation, isImplementation } from '../plugin/implement.ts';
import { checkEndpoint, checkOnlyOwnServer } from '../wire/endpoint.ts';
import { allowedCommands } from './allowed-commands.ts';
import type { Client, ClientOptions } from './api.ts';
import { guardedCallbacks } from './guarded-callbacks.ts';
import { RunningClient } from './running-client.ts';

/**
 * Starts a client. It connects, reconnects until it is closed, and runs the commands of the server.
 * @throws SignalboxError `bad_usage` for an invalid name, endpoint, plug-in or allowed command, or for two commands
 * with one name; `insecure_endpoint`; `not_allowed` if the credentials cannot be used, or if a command runs code and
 * the server is not authenticated.
 */
export async function createClient(options: ClientOptions): Promise<Client> {
  const { plugins = [], ...rest } = options;
  if (plugins.length === 0) return start(rest);
  const { setUpPlugins } = await import('../plugin/set-up.ts');
  await using opening = new AsyncDisposableStack();
  const { commands = [], onFault } = rest;
  const contracts = commands.map(({ contract }) => contract);
  const { implementations } = opening.use(await setUpPlugins(plugins, { side: 'client', contracts, onFault }));
  const client = start({ ...rest, commands: [...commands, ...implementations] });
  const opened = opening.move();
  return Object.assign(client, { closed: client.closed.then(() => opened.disposeAsync()) });
}

function start(options: ClientOptions): RunningClient {
  const { credentials, connect, insecure = false } = options;
  const name = options.name ?? (credentials === undefined ? '' : readCredentials(credentials).name);
  if (!clientNameSchema.safeParse(name).success) {
    const rule = "[a-z0-9][a-z0-9._-]*, at most 63 characters, neither 'all' nor 'online'";
    throw new SignalboxError('bad_usage', `'${name}' is not a valid client name: use ${rule}`);
  }
  if (credentials !== undefined) readCredentials(credentials);
  checkEndpoint(connect, credentials !== undefined || insecure, credentialsHint);
  if (options.commands?.some((command) => !isImplementation(command))) {
    throw new SignalboxError('bad_usage', 'the commands of a client must be implementations, created with implement');
  }
  refuseNamesakes((options.commands ?? []).map(({ contract }) => contract));
  const allowed = allowedCommands(options);
  const checkServer = credentials === undefined ? serverCheck(connect, allowed) : () => {};
  checkServer();
  return new RunningClient({ ...options, ...guardedCallbacks(options), name }, allowed, checkServer);
}

const credentialsHint =
  'give it --credentials FILE, made where the server is: signalbox keys add NAME --keys keys\n' +
  '(--insecure overrides, on a network that you trust)';

/**
 * Returns a check for clients without credentials: if a command runs code, only this user may own the server's
 * endpoint. It is repeated for each connection, since another user may have replaced the folder. The check throws
 * `not_allowed`.
 */
function serverCheck(endpoint: string, allowed: readonly Implementation[]): () => void {
  const dangerous = allowed.find(({ contract }) => contract.runsCode)?.contract.name;
  if (dangerous === undefined) return () => {};
  return () => {
    try {
      checkOnlyOwnServer(endpoint);
    } catch (cause) {
      const { message } = SignalboxError.from(cause, 'internal');
      const text = `${dangerous} runs code, and ${message}; use --credentials or an ipc endpoint of your own`;
      throw new SignalboxError('not_allowed', text, { cause });
    }
  };
}
