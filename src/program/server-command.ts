import { prepareOwnClients } from './own-clients.ts';
import { runHeadless } from './run-headless.ts';
import { scriptInput } from './script-input.ts';
import { checkTogether, isAtPrompt, type ServerCommandOptions } from './server-options.ts';
import type { Surroundings } from './surroundings.ts';

/**
 * `signalbox server`: listens, starts its clients, runs the script or the prompt or stays headless, then ends everything
 * in order.
 */
export async function serverCommand(options: ServerCommandOptions, surroundings: Surroundings): Promise<number> {
  const { host, added } = surroundings;
  checkTogether(options, host);
  const atPrompt = isAtPrompt(options, host);
  const isPiped = !atPrompt && !options.headless && options.command === undefined;
  const input = isPiped ? scriptInput(host.stdin) : undefined;
  await using cleanup = new AsyncDisposableStack();
  const own = await prepareOwnClients(options, host);
  if (own) cleanup.use(own);
  // Clients start while the rest of this program loads. At a prompt the greeting comes first; plug-ins start first, too.
  if (!atPrompt && !added) own?.start();
  const [{ buildServer }, { runServer }] = await Promise.all([import('./build-server.ts'), import('./run-server.ts')]);
  const { server, shown } = await buildServer(options, { ...surroundings, own, cleanup });
  if (!shown) return await runHeadless(server, options, host);
  return await runServer({ server, ...shown }, { options, host, input, builtins: added?.builtins ?? [] });
}
