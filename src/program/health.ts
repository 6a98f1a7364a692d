import { once } from 'node:events';
import { lstatSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { resolve } from 'node:path';
import { SignalboxError } from '../../schemas/errors.ts';
import { wordsOf } from '../process/system-error.ts';
import { checkEndpoint } from '../wire/endpoint.ts';
import { isIpcInUse } from '../wire/ipc-in-use.ts';

/**
 * Answers whoever connects to a Unix socket with one line: what `state` says at that moment. The event loop answers, so
 * that nothing comes from a process that is stopped or blocked. The folder must be one that only this user can enter.
 * @throws SignalboxError `bad_usage` or `insecure_endpoint` for the path, `cannot_bind` where it cannot be listened on.
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
    throw new SignalboxError('cannot_bind', `health cannot be answered at ${path}: ${wordsOf(cause)}`, { cause });
  }
  return { [Symbol.asyncDispose]: () => new Promise((done) => server.close(() => done())) };
}
