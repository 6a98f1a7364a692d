import { buildServer } from './build-server.ts';
import { runServer } from './run-server.ts';
import { scriptInput } from './script-input.ts';
import { checkTogether, isAtPrompt, type ServerCommandOptions } from './server-options.ts';
import type { Surroundings } from './surroundings.ts';

/** `signalbox server`: listens, starts its clients, carries out the script or the prompt, ends everything in order. */
export async function serverCommand(options: ServerCommandOptions, surroundings: Surroundings): Promise<number> {
  const { host, added } = surroundings;
  checkTogether(options, host);
  const isScript = !isAtPrompt(options, host) && options.command === undefined;
  const input = isScript ? scriptInput(host.stdin) : undefined;
  await using cleanup = new AsyncDisposableStack();
  const built = await buildServer(options, { ...surroundings, cleanup });
  return await runServer(built, { options, host, input, builtins: added?.builtins ?? [] });
}
