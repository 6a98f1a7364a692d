import { fewNames, foldNames } from '../../fold-names.ts';
import type { JobService } from '../../plugin/job-service.ts';
import { version } from '../../version.ts';
import type { Style } from './style.ts';

/** Addresses that a server can listen on but nobody can connect to. */
const anyAddress = /^tcp:\/\/(?:0\.0\.0\.0|\[::\]|\*):/;

/** How clients join: started by the server or by somebody else, with credentials if there are keys. */
interface Joining {
  readonly spawns: boolean;
  readonly hasKeys: boolean;
  /** Names of expected clients. */
  readonly expected: readonly string[];
}

/** The first screen: the endpoint, how clients join, and what to try. */
export function welcome(
  { endpoint }: Pick<JobService, 'endpoint'>,
  style: Style,
  { spawns, hasKeys, expected }: Joining,
): string {
  const who = hasKeys ? '--credentials FILE' : '--name w1';
  const where = endpoint.replace(anyAddress, 'tcp://SERVER:');
  return [
    `${style('bold', `Signalbox ${version}`)}, listening on ${endpoint}`,
    spawns ? 'Its clients are starting.' : `Start a client with:  signalbox client --connect ${where} ${who}`,
    ...(expected.length > 0
      ? [`Expected: ${foldNames(expected, fewNames)}. all includes them, online only connected clients.`]
      : []),
    `Try:  ${style('cyan', 'clients')}  ·  ${style('cyan', 'start')}  ·  ${style('cyan', 'calculate 3 "hello"')}`,
    'Tab completes, help lists all commands, Ctrl-D leaves.',
  ].join('\n');
}
