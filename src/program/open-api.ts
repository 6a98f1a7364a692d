import { resolve } from 'node:path';
import { serveApi } from '../api/serve.ts';
import { makeSocketFolder } from '../api/socket-folders.ts';
import { type SocketPaths, socketPaths } from '../api/socket-paths.ts';
import type { Server } from '../index.ts';
import { wordsOf } from '../process/system-error.ts';
import { checkEndpoint } from '../wire/endpoint.ts';

interface ApiOptions {
  /** The folder that was named. */
  readonly socketDir?: string | undefined;
  /** As it was given: its name is that of the sockets. */
  readonly endpoint: string;
  /** Where to try it, in this order, if none was named. */
  readonly folders: readonly string[];
  readonly warn: (line: string) => void;
}

/** Answers programs at these paths until it is disposed. */
export interface OpenApi extends AsyncDisposable {
  readonly paths: SocketPaths;
}

/**
 * Opens the API of a server. Where no folder was named and none can be had, that is said and the server goes on.
 * @returns undefined then.
 * @throws SignalboxError `bad_usage`, `insecure_endpoint` for a folder that was named, `cannot_bind`.
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
  warn(`programs cannot reach this server: ${why}; --socket-dir names another folder`);
  return undefined;
}

async function open(server: Server, paths: SocketPaths): Promise<OpenApi> {
  // Both are in the same folder.
  checkEndpoint(`ipc://${paths.connect}`, false, '');
  const api = await serveApi(server, paths);
  return { paths, [Symbol.asyncDispose]: () => api[Symbol.asyncDispose]() };
}
