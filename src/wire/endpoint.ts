import { lstatSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import { SignalboxError } from '../../schemas/index.ts';
import { wordsOf } from '../process/system-error.ts';
import { ipcPathOf } from './ipc-path.ts';
import { checkPrivateIpc } from './private-ipc.ts';

const loopback = /^tcp:\/\/(127\.\d+\.\d+\.\d+|localhost|\[::1\]):(\d{1,5}|\*)$/;
const tcp = /^tcp:\/\/(?:[A-Za-z0-9._-]+|\[[0-9a-fA-F:]+\]|\*):(?:\d{1,5}|\*)$/;

/**
 * Checks that an endpoint is valid and allowed. With keys every endpoint is allowed; without, only tcp on loopback, or
 * ipc in a folder that only its owner can enter.
 * @param hint what to do about an endpoint that others can reach.
 * @throws SignalboxError `bad_usage` if it is not an endpoint, `insecure_endpoint` if others could reach it.
 */
export function checkEndpoint(endpoint: string, safe: boolean, hint: string): void {
  const path = ipcPathOf(endpoint);
  if (path === undefined) checkTcp(endpoint, safe, hint);
  else checkIpc(path, safe);
}

/**
 * Checks that, at present, only this user can be the server at an endpoint without keys.
 * @throws SignalboxError `insecure_endpoint`, saying who else could be.
 */
export function checkOnlyOwnServer(endpoint: string): void {
  const path = ipcPathOf(endpoint);
  if (path === undefined) {
    throw new SignalboxError('insecure_endpoint', 'any user of this machine could be the server there');
  }
  checkPrivateIpc(path);
}

function checkTcp(endpoint: string, safe: boolean, hint: string): void {
  if (!tcp.test(endpoint) || Number(endpoint.split(':').at(-1)) > 65_535) {
    const example = 'tcp://127.0.0.1:5555 or ipc:///path/to.sock';
    throw new SignalboxError('bad_usage', `'${endpoint}' is not a valid endpoint; use for example ${example}`);
  }
  if (safe || loopback.test(endpoint)) return;
  const text = `${endpoint} can be reached from other machines, and without keys anyone who can reach it could join`;
  throw new SignalboxError('insecure_endpoint', `${text}\n${hint}`);
}

function checkIpc(path: string, safe: boolean): void {
  // An ipc endpoint without a slash, such as `@name`, is an abstract socket: it has neither an owner nor a mode.
  if (!path.startsWith('/')) {
    throw new SignalboxError('bad_usage', `an ipc endpoint is ipc:///an/absolute/path, not 'ipc://${path}'`);
  }
  if (safe) return;
  const folder = dirname(path);
  let info: Stats | undefined;
  try {
    info = lstatSync(folder, { throwIfNoEntry: false });
  } catch (cause) {
    throw new SignalboxError('insecure_endpoint', `${folder} cannot be inspected: ${wordsOf(cause)}`, { cause });
  }
  if (!info?.isDirectory())
    throw new SignalboxError('bad_usage', `${folder} is not a folder; run: mkdir -m 700 ${folder}`);
  if ((info.mode & 0o077) !== 0 || info.uid !== process.getuid?.()) {
    throw new SignalboxError('insecure_endpoint', `others can enter ${folder}; run: chmod 700 ${folder}`);
  }
}
