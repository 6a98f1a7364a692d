import type { Builtin } from '../../plugin/builtin.ts';
import type { ClientView } from '../../plugin/client-view.ts';
import { heldElsewhere } from '../output/held-elsewhere.ts';
import { atMost, splitOptions } from '../parse/builtin-arguments.ts';
import { formatDuration } from '../parse/duration.ts';

const optionalMs = (ms: number | undefined): string => (ms === undefined ? '-' : `${Math.round(ms * 100) / 100} ms`);

const columns = [
  { heading: 'NAME', cell: ({ name }: ClientView) => name },
  {
    heading: 'STATE',
    cell: ({ state, expected }: ClientView) => (state === 'offline' && !expected ? 'offline, not expected' : state),
  },
  {
    heading: 'HEARD',
    cell: ({ silentMs }: ClientView) => (silentMs === undefined ? 'never' : `${formatDuration(silentMs)} ago`),
  },
  { heading: 'ROUND TRIP', cell: ({ roundTripMs }: ClientView) => optionalMs(roundTripMs) },
  { heading: 'LAG', cell: ({ lagMs }: ClientView) => optionalMs(lagMs) },
  { heading: 'JOBS', cell: ({ runningJobs }: ClientView) => String(runningJobs) },
  { heading: 'VERSION', cell: ({ version }: ClientView) => version ?? '-' },
  { heading: 'PROCESSES', cell: ({ containment }: ClientView) => containment ?? '-' },
  { heading: 'WHERE', cell: ({ host, pid }: ClientView) => (host === undefined ? '-' : `${host}:${pid}`) },
];

/** Every machine has these; JSON shows them too. */
const common: readonly string[] = ['os', 'arch', 'node'];
const factsOf = ({ facts }: ClientView): string =>
  Object.entries(facts)
    .flatMap(([name, fact]) => (common.includes(name) ? [] : `${name}: ${fact}`))
    .join(', ');
const facts = { heading: 'FACTS', cell: (view: ClientView) => factsOf(view) || '-' };

export const clientsBuiltin: Builtin = {
  name: 'clients',
  usage: 'clients [--forget NAME]',
  summary: 'List the clients: state, when last heard, round trip, event-loop lag, running jobs; or forget one.',
  example: 'clients',
  options: [{ option: '--forget', label: 'NAME', about: 'it is expected no more', completes: 'client' }],
  prepare(context, words) {
    const { plain, options } = splitOptions(clientsBuiltin, words);
    atMost(clientsBuiltin, plain, 0);
    const forgotten = options.get('--forget')?.text;
    if (forgotten !== undefined) {
      return async () => {
        await context.service.forget(forgotten);
        context.output.note(`${forgotten} is forgotten`);
      };
    }
    return async () => {
      await context.clientsReady();
      const clients = await context.service.clients();
      // In JSON a client is called `client`, as in every other line.
      const rows = clients.map((view) => ({ client: view.name, ...view }));
      const note = heldElsewhere(clients.filter(({ state }) => state !== 'offline'));
      context.output.table({
        type: 'client',
        rows,
        columns: clients.some((view) => factsOf(view) !== '') ? [...columns, facts] : columns,
        empty: 'no client has connected yet, and none is expected',
        note,
      });
    };
  },
};
