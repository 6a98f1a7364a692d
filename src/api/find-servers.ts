import { accessSync, constants, existsSync, lstatSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { SignalboxError } from '../../schemas/errors.ts';
import { wordsOf } from '../process/system-error.ts';
import { ownSocketFolders } from './socket-folders.ts';
import { type SocketPaths, socketPaths } from './socket-paths.ts';

interface Where {
  /** The folder given by the user. */
  readonly socketDir?: string | undefined;
  readonly env: NodeJS.ProcessEnv;
}

/** Folders that may contain sockets of servers that this user can reach. */
export function socketFolders({ socketDir, env }: Where): string[] {
  if (socketDir !== undefined) return [realFolder(socketDir)];
  const [first, ...others] = ownSocketFolders(env);
  // cron sets no XDG_RUNTIME_DIR; servers of a login session have their sockets there.
  const session = env.XDG_RUNTIME_DIR ? [] : [`/run/user/${process.getuid?.() ?? 0}/signalbox`];
  return [...new Set([first ?? '', '/run/signalbox', ...others, ...session])].filter(Boolean);
}

/**
 * @throws SignalboxError `insecure_endpoint` if others can enter the given folder, `cannot_connect` if it is not a
 * folder.
 */
export function checkNamedFolder({ socketDir }: Where): void {
  const fault = socketDir === undefined ? undefined : whyNot(realFolder(socketDir));
  if (fault) throw fault;
}

/** The sockets in these folders, including stale ones. Folders of other users are skipped, except for root. */
export function socketsIn(folders: readonly string[]): SocketPaths[] {
  return folders.flatMap((folder) => {
    if (whyNot(folder)) return [];
    const names = readdirSync(folder).flatMap((file) => /^(.+)\.grpc\.sock$/.exec(file)?.[1] ?? []);
    return names.sort().map((name) => pathsOf(join(folder, name)));
  });
}

/** The reasons why existing folders are skipped. */
export const passedOver = (folders: readonly string[]): string[] =>
  folders.flatMap((folder) => (existsSync(folder) ? (whyNot(folder)?.message ?? []) : []));

/**
 * The sockets for an address: the path of a socket, or the endpoint on which a server listens.
 * @throws SignalboxError `bad_usage` for another kind of address, `cannot_connect` if no server has such sockets,
 * `insecure_endpoint` if others could have created them.
 */
export function socketsAt(address: string, where: Where): SocketPaths {
  if (/^(?:tcp|ipc):\/\//.test(address)) return socketsOfEndpoint(address, where);
  const [, path = ''] = /^(.+?)(?:\.grpc)?\.sock$/.exec(address) ?? [];
  if (path === '') {
    const hint = isSocket(address) ? `; if a server listens on this socket, use ipc://${resolve(address)}` : '';
    throw new SignalboxError(
      'bad_usage',
      `'${address}' is neither the path of a socket (…/NAME.sock) nor an endpoint such as tcp://127.0.0.1:5555${hint}`,
    );
  }
  const folder = realFolder(dirname(path));
  const paths = pathsOf(join(folder, basename(path)));
  const fault = whyNot(folder);
  if (fault) throw fault;
  if (!existsSync(paths.grpc)) throw unusable(`there is no socket ${paths.grpc}`);
  return paths;
}

function socketsOfEndpoint(endpoint: string, where: Where): SocketPaths {
  checkNamedFolder(where);
  const folders = socketFolders(where);
  const named = folders.map((folder) => socketPaths(folder, endpoint));
  const found = socketsIn(folders).find(({ grpc }) => named.some((paths) => paths.grpc === grpc));
  if (found) return found;
  const reasons = [
    `no server that listens on ${endpoint} has a socket in ${folders.join(', ')}`,
    ...passedOver(folders),
  ];
  throw new SignalboxError('cannot_connect', reasons.join('; '));
}

const pathsOf = (path: string): SocketPaths => ({ connect: `${path}.sock`, grpc: `${path}.grpc.sock` });

function isSocket(path: string): boolean {
  try {
    return statSync(path).isSocket();
  } catch {
    return false;
  }
}

/** Resolves links, so that the path that is checked is the one that is used. */
function realFolder(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}

/** Why a folder cannot be used: others can write to it, or it is not a folder. Undefined if only this user can. */
function whyNot(folder: string): SignalboxError | undefined {
  try {
    const info = lstatSync(folder, { throwIfNoEntry: false });
    const user = process.getuid?.() ?? 0;
    if (!info) return unusable(`${folder} does not exist`);
    if (!info.isDirectory()) return unusable(`${folder} is not a folder`);
    if (info.uid !== user && user !== 0) return unsafe(`${folder} belongs to another user`);
    if ((info.mode & 0o077) !== 0) return unsafe(`other users can enter ${folder}; set its mode to 0700`);
    accessSync(folder, constants.R_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    return unusable(`${folder} cannot be read: ${wordsOf(error)}`);
  }
}

const unsafe = (text: string): SignalboxError => new SignalboxError('insecure_endpoint', text);
const unusable = (text: string): SignalboxError => new SignalboxError('cannot_connect', text);
