import type { ClientView } from '../../plugin/job-service.ts';
import { rejectOnAbort } from '../../reject-on-abort.ts';
import type { Builtin } from '../builtin.ts';
import { formatDuration } from '../parse/duration.ts';
import { atMost } from '../parse/word-arguments.ts';

const optionalMs = (ms: number | undefined): string => (ms === undefined ? '-' : `${Math.round(ms * 100) / 100} ms`);

const columns = [
  { heading: 'NAME', cell: ({ name }: ClientView) => name },
  { heading: 'STATE', cell: ({ state }: ClientView) => state },
  { heading: 'HEARD', cell: ({ silentMs }: ClientView) => `${formatDuration(silentMs)} ago` },
  { heading: 'ROUND TRIP', cell: ({ roundTripMs }: ClientView) => optionalMs(roundTripMs) },
  { heading: 'LAG', cell: ({ lagMs }: ClientView) => optionalMs(lagMs) },
  { heading: 'JOBS', cell: ({ runningJobs }: ClientView) => String(runningJobs) },
  { heading: 'VERSION', cell: ({ version }: ClientView) => version },
  { heading: 'PROCESSES', cell: ({ containment }: ClientView) => containment ?? '-' },
  { heading: 'WHERE', cell: ({ host, pid }: ClientView) => `${host}:${pid}` },
];

export const clientsWord: Builtin = {
  name: 'clients',
  usage: 'clients',
  summary: 'List the clients: state, when last heard, round trip, event-loop lag, running jobs.',
  example: 'clients',
  prepare(shell, words) {
    atMost(clientsWord, words, 0);
    return async (signal) => {
      await shell.clientsReady(signal);
      const clients = await rejectOnAbort(shell.service.clients(), signal);
      // In JSON a client is called `client`, as in every other line.
      const rows = clients.map((view) => ({ client: view.name, ...view }));
      shell.output.table({ type: 'client', rows, columns, empty: 'no client has connected yet' });
    };
  },
};
