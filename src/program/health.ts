import { once } from 'node:events';
import { lstatSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
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

/**
 * Asks the program that answers at a path how it is.
 * @returns its line
 * @throws SignalboxError `cannot_connect` where nobody listens, `timed_out` where no answer comes.
 */
export async function askHealth(path: string, timeoutMs: number): Promise<string> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const [line = ''] = (await text(connect({ path, signal }))).split('\n');
    if (line !== '') return line;
    throw new SignalboxError('cannot_connect', `the program at ${path} is ending`);
  } catch (cause) {
    if (cause instanceof SignalboxError) throw cause;
    if (!signal.aborted) throw new SignalboxError('cannot_connect', `nobody answers at ${path}`, { cause });
    const late = `no answer from ${path} in ${timeoutMs / 1000} s: its program is stopped or blocked`;
    throw new SignalboxError('timed_out', late, { cause });
  }
}
