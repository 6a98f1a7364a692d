import { fewNames, foldNames } from '../../fold-names.ts';
import type { JobService } from '../../plugin/job-service.ts';
import { version } from '../../version.ts';
import type { Style } from './style.ts';

/** Addresses that a server listens on and nobody can dial. */
const anyAddress = /^tcp:\/\/(?:0\.0\.0\.0|\[::\]|\*):/;

/** How clients come: they are started by the server, or by somebody else, with credentials where there are keys. */
interface Joining {
  readonly spawns: boolean;
  readonly hasKeys: boolean;
  /** Names of clients that ought to be there. */
  readonly expected: readonly string[];
}

/** The first screen: where it listens, who may come, and what to try. */
export function welcome(
  { endpoint }: Pick<JobService, 'endpoint'>,
  style: Style,
  { spawns, hasKeys, expected }: Joining,
): string {
  const who = hasKeys ? '--credentials FILE' : '--name w1';
  const where = endpoint.replace(anyAddress, 'tcp://SERVER:');
  return [
    `${style('bold', `Signalbox ${version}`)}, listening on ${endpoint}`,
    spawns ? 'Its clients are starting.' : `A client joins with:  signalbox client --connect ${where} ${who}`,
    ...(expected.length > 0
      ? [`Expected: ${foldNames(expected, fewNames)}. all means them, online who is connected.`]
      : []),
    `Try:  ${style('cyan', 'clients')}  ·  ${style('cyan', 'start')}  ·  ${style('cyan', 'calculate 3 "hello"')}`,
    'Tab completes, help tells the rest, Ctrl-D leaves.',
  ].join('\n');
}
