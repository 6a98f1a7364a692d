import { prepareOwnClients } from './own-clients.ts';
import { scriptInput } from './script-input.ts';
import { checkTogether, isAtPrompt, type ServerCommandOptions } from './server-options.ts';
import type { Surroundings } from './surroundings.ts';

/** `signalbox server`: listens, starts its clients, carries out the script or the prompt, ends everything in order. */
export async function serverCommand(options: ServerCommandOptions, surroundings: Surroundings): Promise<number> {
  const { host, added } = surroundings;
  checkTogether(options, host);
  const atPrompt = isAtPrompt(options, host);
  const input = atPrompt || options.command !== undefined ? undefined : scriptInput(host.stdin);
  await using cleanup = new AsyncDisposableStack();
  const own = await prepareOwnClients(options, host);
  if (own) cleanup.use(own);
  // While the rest of this program is loaded. At a prompt its greeting comes first, and plug-ins are started first.
  if (!atPrompt && !added) own?.start();
  const [{ buildServer }, { runServer }] = await Promise.all([import('./build-server.ts'), import('./run-server.ts')]);
  const built = await buildServer(options, { ...surroundings, own, cleanup });
  return await runServer(built, { options, host, input, builtins: added?.builtins ?? [] });
}
