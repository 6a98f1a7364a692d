import type { Builtin } from '../../plugin/builtin.ts';
import type { ClientView } from '../../plugin/client-view.ts';
import { heldElsewhere } from '../output/held-elsewhere.ts';
import { atMost, splitOptions, usageError } from '../parse/builtin-arguments.ts';
import { formatDuration } from '../parse/duration.ts';
import { targetsOf } from '../parse/parse.ts';
import { sortColumns, sorterOf } from './sort-clients.ts';

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

/** Facts of every machine: only JSON shows them. */
const common: readonly string[] = ['os', 'arch', 'node'];
const factsOf = ({ facts }: ClientView): string =>
  Object.entries(facts)
    .flatMap(([name, fact]) => (common.includes(name) ? [] : `${name}: ${fact}`))
    .join(', ');
const facts = { heading: 'FACTS', cell: (view: ClientView) => factsOf(view) || '-' };

const labelColumn = {
  heading: 'LABELS',
  cell: ({ labels }: ClientView) =>
    Object.entries(labels)
      .map((label) => label.join('='))
      .join(' ') || '-',
};

export const clientsBuiltin: Builtin = {
  name: 'clients',
  usage: 'clients [TARGET] [--sort COLUMN] [--forget NAME]',
  summary:
    'List all clients or those of a target: state, last contact, round trip, event-loop lag, running jobs and labels; or forget one.',
  example: 'clients all,!w1 --sort -jobs',
  completes: ['target'],
  options: [
    {
      option: '--sort',
      label: 'COLUMN',
      about: `sort by ${sortColumns.join(', ')}; a - before it sorts in descending order`,
      completes: sortColumns,
    },
    {
      option: '--forget',
      label: 'NAME',
      about: 'remove an offline client; it is no longer expected',
      completes: 'client',
    },
  ],
  prepare(context, words) {
    const { plain, options } = splitOptions(clientsBuiltin, words);
    atMost(clientsBuiltin, plain, 1);
    const [given] = plain;
    const targets = given && targetsOf(given);
    const column = options.get('--sort');
    const sort = sorterOf(column?.text ?? 'name');
    if (!sort) {
      throw usageError(clientsBuiltin, `--sort takes ${sortColumns.join(', ')}, not '${column?.text}'`, column);
    }
    const forgotten = options.get('--forget')?.text;
    if (forgotten !== undefined) {
      return async () => {
        await context.service.forget(forgotten);
        context.output.note(`${forgotten} is forgotten`);
      };
    }
    return async () => {
      await context.clientsReady();
      const all = await context.service.clients();
      const names = targets && new Set(await context.service.resolve(targets));
      const clients = sort(names ? all.filter(({ name }) => names.has(name)) : all);
      // All JSON lines name a client in the field `client`.
      const rows = clients.map((view) => ({ client: view.name, ...view }));
      const note = heldElsewhere(clients.filter(({ state }) => state !== 'offline'));
      context.output.table({
        type: 'client',
        rows,
        columns: [
          ...columns,
          ...(clients.some(({ labels }) => Object.keys(labels).length > 0) ? [labelColumn] : []),
          ...(clients.some((view) => factsOf(view) !== '') ? [facts] : []),
        ],
        empty: 'no client has connected yet, and none is expected',
        note,
      });
    };
  },
};
