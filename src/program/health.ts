import { once } from 'node:events';
import { lstatSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { resolve } from 'node:path';
import { SignalboxError } from '../../schemas/errors.ts';
import { wordsOf } from '../process/system-error.ts';
import { checkEndpoint } from '../wire/endpoint.ts';
import { isIpcInUse } from '../wire/ipc-in-use.ts';

/**
 * Answers each connection to a Unix socket with one line, the result of `state`. The event loop answers, so a stopped or
 * blocked process does not. Only this user may be able to enter the folder.
 * @throws SignalboxError `bad_usage` or `insecure_endpoint` for the path, `cannot_bind` if it cannot listen there.
 */
export async function answerHealth(path: string, state: () => string | Promise<string>): Promise<AsyncDisposable> {
  const endpoint = `ipc://${resolve(path)}`;
  checkEndpoint(endpoint, false, '');
  if (await isIpcInUse(endpoint)) throw new SignalboxError('cannot_bind', `another program answers at ${path}`);
  // Left by a process that was killed.
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket()) rmSync(path);
  const server = createServer((socket) => {
    socket.on('error', () => {});
    void Promise.resolve(state()).then((line) => socket.end(`${line}\n`, () => socket.destroy()));
  });
  try {
    await once(server.listen(path), 'listening');
  } catch (cause) {
    throw new SignalboxError('cannot_bind', `cannot listen for health checks at ${path}: ${wordsOf(cause)}`, { cause });
  }
  return { [Symbol.asyncDispose]: () => new Promise((done) => server.close(() => done())) };
}
