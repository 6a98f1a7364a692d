import { SignalboxError } from '../../../schemas/errors.ts';
import { checkNamedFolder, passedOver, socketFolders, socketsAt, socketsIn } from '../../api/find-servers.ts';
import type { SocketPaths } from '../../api/socket-paths.ts';
import { shellWord } from '../../shell-word.ts';
import { isIpcInUse } from '../../wire/ipc-in-use.ts';

/**
 * The sockets of the server at an address. Without an address, the sockets of the only server that answers.
 * @param where.choose returns the command that selects one of several servers.
 * @throws SignalboxError `bad_usage` if several answer, `cannot_connect` if none does; as `socketsAt`.
 */
export async function serverAt(
  address: string | undefined,
  where: {
    readonly socketDir?: string | undefined;
    readonly env: NodeJS.ProcessEnv;
    readonly choose?: (address: string) => string;
  },
): Promise<SocketPaths> {
  if (address !== undefined) return socketsAt(address, where);
  checkNamedFolder(where);
  const folders = socketFolders(where);
  const found = socketsIn(folders);
  const [only] = found;
  if (only && found.length === 1) return only;
  const answering = await Promise.all(
    found.map(async (paths) => ((await isIpcInUse(`ipc://${paths.grpc}`)) ? [paths] : [])),
  );
  const [first, ...others] = answering.flat();
  if (!first) {
    const hint = 'start one: signalbox server --headless; or give its socket';
    const reasons = [`no server was found in ${folders.join(', ')}`, ...passedOver(folders), hint];
    throw new SignalboxError('cannot_connect', reasons.join('; '));
  }
  if (others.length === 0) return first;
  const { choose = (address: string) => `signalbox attach ${address}` } = where;
  const lines = [first, ...others].map(({ connect }) => `  ${choose(shellWord(connect))}`).join('\n');
  throw new SignalboxError('bad_usage', `${others.length + 1} servers run here; choose one:\n${lines}`);
}
