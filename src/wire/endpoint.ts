import { lstatSync } from 'node:fs';
import { dirname } from 'node:path';
import { SignalboxError } from '../../schemas/index.ts';

const loopback = /^tcp:\/\/(127\.\d+\.\d+\.\d+|localhost|\[::1\]):(\d{1,5}|\*)$/;
const tcp = /^tcp:\/\/(?:[A-Za-z0-9._-]+|\[[0-9a-fA-F:]+\]|\*):(?:\d{1,5}|\*)$/;

/**
 * Checks that an endpoint is one that may be used without keys: tcp on loopback, or ipc in a folder that only its
 * owner can enter.
 * @throws SignalboxError `bad_usage` where it is no endpoint, `insecure_endpoint` where others could reach it.
 */
export function checkPlainEndpoint(endpoint: string, insecure: boolean): void {
  if (endpoint.startsWith('ipc://')) checkIpc(endpoint.slice('ipc://'.length), insecure);
  else checkTcp(endpoint, insecure);
}

function checkTcp(endpoint: string, insecure: boolean): void {
  if (!tcp.test(endpoint) || Number(endpoint.split(':').at(-1)) > 65_535) {
    const example = 'tcp://127.0.0.1:5555 or ipc:///path/to.sock';
    throw new SignalboxError('bad_usage', `'${endpoint}' is no endpoint; try ${example}`);
  }
  if (insecure || loopback.test(endpoint)) return;
  throw new SignalboxError(
    'insecure_endpoint',
    `${endpoint} can be reached from other machines and nothing there tells friend from stranger: ` +
      'use tcp://127.0.0.1 or ipc, or say --insecure on a network that you trust',
  );
}

function checkIpc(path: string, insecure: boolean): void {
  // libzmq takes `@name` as an abstract socket, which has no owner and no mode.
  if (!path.startsWith('/')) {
    throw new SignalboxError('bad_usage', `an ipc endpoint is ipc:///an/absolute/path, not 'ipc://${path}'`);
  }
  if (insecure) return;
  const folder = dirname(path);
  const info = lstatSync(folder, { throwIfNoEntry: false });
  if (!info?.isDirectory())
    throw new SignalboxError('bad_usage', `${folder} is no folder; make it: mkdir -m 700 ${folder}`);
  if ((info.mode & 0o077) !== 0 || info.uid !== process.getuid?.()) {
    throw new SignalboxError(
      'insecure_endpoint',
      `others can enter ${folder}; make it yours alone: chmod 700 ${folder}`,
    );
  }
}
