import { freePort } from '../../support/free-port.ts';
import { Pair, type PairOptions } from '../worker.ts';
import { type Child, clientProgram } from './child.ts';

/** A server of the library, and installed clients, each a process. All of it ends with the stack. */
export async function openPrograms(
  stack: AsyncDisposableStack,
  { count, keys, store }: { readonly count: number } & Pick<PairOptions, 'keys' | 'store'>,
): Promise<{ readonly pair: Pair; readonly clients: readonly Child[] }> {
  const port = await freePort();
  const pair = stack.use(await Pair.open('signalbox', { port, ...(keys && { keys }), ...(store && { store }) }));
  const names = Array.from({ length: count }, (_, index) => `w-${index + 1}`);
  const clients = names.map((name) => stack.use(clientProgram({ port, name, credentials: keys?.credentials })));
  await Promise.race([pair.joined(count), ...clients.map(({ failed }) => failed)]);
  return { pair, clients };
}
