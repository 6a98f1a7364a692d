import { resolve } from 'node:path';
import { serveApi } from '../api/serve.ts';
import { makeSocketFolder } from '../api/socket-folders.ts';
import { type SocketPaths, socketPaths } from '../api/socket-paths.ts';
import type { Server } from '../index.ts';
import { wordsOf } from '../process/system-error.ts';
import { checkEndpoint } from '../wire/endpoint.ts';

interface ApiOptions {
  /** The folder given by `--socket-dir`. */
  readonly socketDir?: string | undefined;
  /** The endpoint as given; the sockets are named after it. */
  readonly endpoint: string;
  /** Folders to try, in this order, if none was given. */
  readonly folders: readonly string[];
  readonly warn: (line: string) => void;
}

/** Answers programs at these paths until it is disposed. */
export interface OpenApi extends AsyncDisposable {
  readonly paths: SocketPaths;
}

/**
 * Opens the API of a server. If no folder was given and none can be used, it warns, and the server runs without the API.
 * @returns undefined then.
 * @throws SignalboxError `bad_usage`, `insecure_endpoint` for a given folder, `cannot_bind`.
 */
export async function openApi(server: Server, options: ApiOptions): Promise<OpenApi | undefined> {
  const { socketDir, endpoint, folders, warn } = options;
  if (socketDir !== undefined) return await open(server, socketPaths(resolve(socketDir), endpoint));
  let why = '';
  for (const folder of folders) {
    try {
      makeSocketFolder(folder);
      return await open(server, socketPaths(folder, endpoint));
    } catch (error) {
      why = wordsOf(error);
    }
  }
  warn(`programs cannot reach this server: ${why}; give another folder with --socket-dir`);
  return undefined;
}

async function open(server: Server, paths: SocketPaths): Promise<OpenApi> {
  // Both sockets are in the same folder.
  checkEndpoint(`ipc://${paths.connect}`, false, '');
  const api = await serveApi(server, paths);
  return { paths, [Symbol.asyncDispose]: () => api[Symbol.asyncDispose]() };
}
