import type { Server } from '../../index.ts';
import { version } from '../../version.ts';
import type { Style } from './style.ts';

/** The first screen: where it listens, who may come, and what to try. */
export function welcome(server: Pick<Server, 'endpoint'>, style: Style): string {
  const { endpoint } = server;
  return [
    `${style('bold', `Signalbox ${version}`)}, listening on ${endpoint}`,
    ...(endpoint.startsWith('tcp://')
      ? [`A client joins with:  signalbox client --connect ${endpoint} --name w1`]
      : ['Its clients are starting.']),
    `Try:  ${style('cyan', 'clients')}  ·  ${style('cyan', 'start')}  ·  ${style('cyan', 'calculate 3 "hello"')}`,
    'Tab completes, help tells the rest, Ctrl-D leaves.',
  ].join('\n');
}
