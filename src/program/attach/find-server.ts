import { existsSync } from 'node:fs';
import { SignalboxError } from '../../../schemas/errors.ts';
import { ownName } from '../../api/caller.ts';
import { shellWord } from '../../shell-word.ts';
import { contextsPath } from '../context/contexts-path.ts';
import { sameServer } from './leaving.ts';
import { serverAt } from './server-at.ts';
import type { Named, Whereabouts } from './whereabouts.ts';

/**
 * Finds the server to attach to.
 * @param command the lines of `-c`, for the advice if several servers run.
 * @throws SignalboxError as `serverAt`, `httpsAt` and `findContext`; `bad_usage` for options of another kind of address.
 */
export async function findServer(
  address: string | undefined,
  named: Named,
  env: NodeJS.ProcessEnv,
  command?: readonly string[],
): Promise<Whereabouts> {
  if (address === undefined) {
    const found = await inContext(named, env);
    if (found) return found;
  } else if (named.context !== env.SIGNALBOX_CONTEXT) {
    refuse(named, ['context'], 'attach without an address');
  }
  if (address !== undefined && /^https?:/i.test(address)) {
    if (named.as !== env.SIGNALBOX_AS) refuse(named, ['as'], 'sockets; over https you are the operator of your token');
    if (named.socketDir !== env.SIGNALBOX_SOCKET_DIR) refuse(named, ['socketDir'], 'servers on this machine');
    const { httpsAt } = await import('./https-at.ts');
    return httpsAt(address, named, env);
  }
  refuse(named, ['tlsCa', 'tlsCert', 'tlsKey'], 'a server at https://HOST:PORT');
  if (named.tokenFile !== env.SIGNALBOX_TOKEN_FILE) refuse(named, ['tokenFile'], 'a server at https://HOST:PORT');
  const where = { socketDir: named.socketDir, env };
  const { grpc: path } = await serverAt(address, { ...where, choose: chooseWith(command) });
  return { path, as: named.as ?? ownName(), again: sameServer(address, where) };
}

/** Undefined if neither an option, nor a variable, nor the contexts name a server. */
async function inContext(named: Named, env: NodeJS.ProcessEnv): Promise<Whereabouts | undefined> {
  const path = contextsPath(env);
  const isLocal = named.socketDir !== undefined && named.socketDir !== env.SIGNALBOX_SOCKET_DIR;
  if (named.context === undefined && (isLocal || path === undefined || !existsSync(path))) return undefined;
  const { findContext } = await import('./in-context.ts');
  return findContext(named, path, env);
}

/** Characters; longer `-c` are not repeated. */
const maxRepeated = 80;

/** Returns the command that attaches to one of several servers, with `-c` as it was given. */
function chooseWith(command: readonly string[] = []): (address: string) => string {
  const lines = command.map((line) => ` -c ${shellWord(line)}`).join('');
  return (address) => `signalbox attach ${address}${lines.length <= maxRepeated ? lines : ' -c …'}`;
}

/** @throws SignalboxError `bad_usage` for an option that is given. */
function refuse(named: Named, options: readonly (keyof Named)[], instead: string): void {
  const given = options.find((option) => named[option] !== undefined);
  if (given === undefined) return;
  const flag = `--${given.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  throw new SignalboxError('bad_usage', `${flag} is for ${instead}`);
}
