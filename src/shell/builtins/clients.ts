import type { Builtin } from '../../plugin/builtin.ts';
import type { ClientView } from '../../plugin/job-service.ts';
import { heldElsewhere } from '../output/held-elsewhere.ts';
import { atMost } from '../parse/builtin-arguments.ts';
import { formatDuration } from '../parse/duration.ts';

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

export const clientsBuiltin: Builtin = {
  name: 'clients',
  usage: 'clients',
  summary: 'List the clients: state, when last heard, round trip, event-loop lag, running jobs.',
  example: 'clients',
  prepare(context, words) {
    atMost(clientsBuiltin, words, 0);
    return async () => {
      await context.clientsReady();
      const clients = await context.service.clients();
      // In JSON a client is called `client`, as in every other line.
      const rows = clients.map((view) => ({ client: view.name, ...view }));
      const note = heldElsewhere(clients.filter(({ state }) => state !== 'offline'));
      context.output.table({ type: 'client', rows, columns, empty: 'no client has connected yet', note });
    };
  },
};
