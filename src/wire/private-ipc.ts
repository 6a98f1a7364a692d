import { lstatSync, readlinkSync, type Stats } from 'node:fs';
import { dirname, join } from 'node:path';
import { SignalboxError } from '../../schemas/index.ts';
import { wordsOf } from '../process/system-error.ts';

/** The number of links that Linux follows (path_resolution(7)). */
const maxLinks = 40;

/**
 * Checks that only this user can be the server at an ipc endpoint. The socket, if it exists, and its folder must belong
 * to this user, and the folder must be closed to all others. Each folder on the path, including the targets of links,
 * must belong to this user or root, and nobody else may be able to replace it. Then none of this can change between the
 * check and the connection.
 * @throws SignalboxError `insecure_endpoint`, naming the file and what is wrong with it.
 */
export function checkPrivateIpc(path: string): void {
  const { socket, folder } = resolve(path);
  const info = statOf(folder);
  checkOwn(folder, info);
  if ((info.mode & 0o077) !== 0) throw unsafe(`others can enter ${folder}; run: chmod 700 ${folder}`);
  const found = tryStat(socket);
  if (!found) return;
  checkOwn(socket, found);
  if (!found.isSocket()) throw unsafe(`${socket} is not a socket`);
}

/** Resolves the path as the kernel does. */
function resolve(path: string): { folder: string; socket: string } {
  const parts = path.split('/');
  let at = '/';
  let links = 0;
  checkOnTheWay(at);
  for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
    if (part === '' || part === '.') continue;
    const next = part === '..' ? dirname(at) : join(at, part);
    const isLast = parts.every((one) => one === '');
    const info = isLast ? tryStat(next) : statOf(next);
    if (info?.isSymbolicLink()) {
      checkTrusted(next, info);
      links += 1;
      if (links > maxLinks) throw unsafe(`${path} leads through too many links`);
      const target = readlinkSync(next);
      parts.unshift(...target.split('/'));
      if (target.startsWith('/')) at = '/';
    } else if (isLast) return { folder: at, socket: next };
    else {
      checkOnTheWay(next, info);
      at = next;
    }
  }
  throw unsafe(`${path} is not a socket`);
}

function checkOnTheWay(folder: string, info = statOf(folder)): void {
  if (!info.isDirectory()) throw unsafe(`${folder} is not a folder`);
  checkTrusted(folder, info);
  const isSticky = (info.mode & 0o1000) !== 0;
  if ((info.mode & 0o022) !== 0 && !isSticky) throw unsafe(`others can change the contents of ${folder}`);
}

function checkTrusted(path: string, { uid }: Stats): void {
  if (uid !== 0 && uid !== process.getuid?.()) throw unsafe(`${path} belongs to another user`);
}

function checkOwn(path: string, { uid }: Stats): void {
  if (uid !== process.getuid?.()) throw unsafe(`${path} belongs to another user`);
}

function tryStat(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (cause) {
    throw unsafe(`${path} cannot be inspected: ${wordsOf(cause)}`, cause);
  }
}

function statOf(path: string): Stats {
  const info = tryStat(path);
  if (!info) throw unsafe(`${path} does not exist`);
  return info;
}

const unsafe = (text: string, cause?: unknown): SignalboxError =>
  new SignalboxError('insecure_endpoint', text, { cause });
