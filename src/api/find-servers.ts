import { lstatSync, readdirSync, type Stats } from 'node:fs';
import { join, resolve } from 'node:path';
import { SignalboxError } from '../../schemas/errors.ts';
import { ownSocketFolders } from './socket-folders.ts';
import { type SocketPaths, socketPaths } from './socket-paths.ts';

interface Where {
  /** The folder that was named. */
  readonly socketDir?: string | undefined;
  readonly env: NodeJS.ProcessEnv;
}

/** Folders in which servers that this user may reach can have their sockets. */
export function socketFolders({ socketDir, env }: Where): string[] {
  if (socketDir !== undefined) return [resolve(socketDir)];
  const [first, ...others] = ownSocketFolders(env);
  return [...new Set([first ?? '', '/run/signalbox', ...others])].filter(Boolean);
}

/** The sockets in these folders, also those that were left behind. Folders of other users are passed over, but by root. */
export function socketsIn(folders: readonly string[]): SocketPaths[] {
  return folders.flatMap((folder) => {
    if (whyUnsafe(folder) !== undefined) return [];
    const names = readdirSync(folder).flatMap((file) => /^(.+)\.grpc\.sock$/.exec(file)?.[1] ?? []);
    return names.sort().map((name) => pathsOf(join(folder, name)));
  });
}

/**
 * The sockets that an address means: a socket's path, or the endpoint at which a server listens.
 * @throws SignalboxError `bad_usage` for another address, `cannot_connect` where no server has them, `insecure_endpoint`
 * where others could have made them.
 */
export function socketsAt(address: string, where: Where): SocketPaths {
  if (/^(?:tcp|ipc):\/\//.test(address)) return socketsOfEndpoint(address, where);
  const [, path = ''] = /^(.+?)(?:\.grpc)?\.sock$/.exec(address) ?? [];
  if (path === '') {
    throw new SignalboxError(
      'bad_usage',
      `'${address}' is neither the path of a socket (…/NAME.sock) nor an endpoint such as tcp://127.0.0.1:5555`,
    );
  }
  const why = whyUnsafe(join(resolve(path), '..'));
  if (why !== undefined) throw new SignalboxError('insecure_endpoint', why);
  return pathsOf(resolve(path));
}

function socketsOfEndpoint(endpoint: string, where: Where): SocketPaths {
  const folders = socketFolders(where);
  const named = folders.map((folder) => socketPaths(folder, endpoint));
  const found = socketsIn(folders).find(({ grpc }) => named.some((paths) => paths.grpc === grpc));
  if (found) return found;
  throw new SignalboxError(
    'cannot_connect',
    `no server that listens on ${endpoint} has a socket in ${folders.join(', ')}`,
  );
}

const pathsOf = (path: string): SocketPaths => ({ connect: `${path}.sock`, grpc: `${path}.grpc.sock` });

/** Why what is in a folder may be somebody else's; undefined where it is this user's alone. */
function whyUnsafe(folder: string): string | undefined {
  let info: Stats | undefined;
  try {
    info = lstatSync(folder, { throwIfNoEntry: false });
  } catch {
    return `${folder} cannot be looked at`;
  }
  const user = process.getuid?.() ?? 0;
  if (!info?.isDirectory()) return `${folder} is no folder`;
  if (info.uid !== user && user !== 0) return `${folder} belongs to another user`;
  return (info.mode & 0o077) === 0 ? undefined : `others can enter ${folder}; a folder of sockets has mode 0700`;
}
