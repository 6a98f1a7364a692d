import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { z } from 'zod';
import { type ApiLimits, apiLimits } from '../../src/api/api-limits.ts';
import { serveApi } from '../../src/api/serve.ts';
import { type SocketPaths, socketPaths } from '../../src/api/socket-paths.ts';
import { defineCommand, definePlugin, implement, type Server, type ServerOptions } from '../../src/index.ts';
import { openClient, openPair } from '../support/library.ts';

/** Prints its argument, and returns it: text, bytes, and any JSON. */
export const say = defineCommand({
  name: 'say',
  summary: 'Print a text, and return what was given.',
  args: z.strictObject({
    text: z.string(),
    bytes: z.instanceof(Uint8Array).optional(),
    more: z.unknown().optional(),
  }),
  result: z.strictObject({ bytes: z.instanceof(Uint8Array).optional(), more: z.unknown().optional() }),
  records: z.strictObject({ line: z.string() }),
  example: 'say hi',
});

export const sayHandler = implement(say, ({ text, bytes, more }, job) => {
  for (const line of text.split('\n')) {
    job.output('stdout', `${line}\n`);
    job.record({ line });
  }
  return { ...(bytes && { bytes }), ...(more !== undefined && { more }) };
});

/** Runs until it is cancelled, or gets a signal. */
export const hang = defineCommand({
  name: 'hang',
  summary: 'Wait.',
  args: z.strictObject({}),
  result: z.null(),
  takesSignals: true,
  example: 'hang',
});

export const hangHandler = implement(hang, async (_, job) => {
  const { promise, resolve, reject } = Promise.withResolvers<null>();
  job.onSignal(() => resolve(null));
  job.signal.addEventListener('abort', () => reject(new Error('cancelled')), { once: true });
  job.output('stdout', 'waiting\n');
  return await promise;
});

/** Another client of a server. @returns a function that closes it. */
export async function addClient(server: Server, name: string): Promise<() => Promise<void>> {
  const client = await openClient(server, { name, commands: [sayHandler, hangHandler] });
  await server.waitForClients(2);
  return () => client.close();
}

/** Returns its argument, and the caller. */
export const echo = definePlugin({
  name: 'echo',
  apiVersion: 1,
  setup: (host) =>
    host.method({
      name: 'again',
      request: z.strictObject({ value: z.unknown() }),
      response: z.unknown(),
      handle: ({ value }, { actor }) => ({ value, actor }),
    }),
});

/** A server with a client `w1`, and its API on sockets in a new folder. Closed after the test, or by `whenDone`. */
export async function openApi(
  { limits, ...options }: Partial<ServerOptions> & { limits?: Partial<ApiLimits> } = {},
  whenDone: (close: () => Promise<void>) => void = onTestFinished,
) {
  const stack = new AsyncDisposableStack();
  whenDone(() => stack.disposeAsync());
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-api-'));
  stack.defer(() => rmSync(folder, { recursive: true }));
  const pair = stack.use(
    await openPair({
      server: { commands: [say, hang], plugins: [echo], ...options },
      client: { commands: [sayHandler, hangHandler] },
    }),
  );
  const paths: SocketPaths = socketPaths(folder, pair.server.endpoint);
  const api = stack.use(await serveApi(pair.server, paths, { ...apiLimits, ...limits }));
  return { ...pair, folder, paths, api, ends: stack };
}
