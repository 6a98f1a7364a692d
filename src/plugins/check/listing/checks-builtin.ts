import { z } from 'zod';
import { type Builtin, SignalboxError } from '../../../index.ts';
import { type CheckRow, checkRowSchema } from './check-row.ts';

const windowCell = (name: string) => (row: CheckRow) => {
  const { uptime, p50Ms, p99Ms } = row.windows[name] ?? {};
  if (uptime === undefined || uptime === null) return '-';
  const percent = uptime === 1 ? '100 %' : `${(Math.floor(uptime * 10_000) / 100).toFixed(2)} %`;
  return p50Ms === null || p50Ms === undefined
    ? percent
    : `${percent} ${Math.round(p50Ms)}/${Math.round(p99Ms ?? p50Ms)} ms`;
};

const columns = [
  { heading: 'CHECK', cell: ({ check }: CheckRow) => check, shrinks: true },
  { heading: 'CLIENT', cell: ({ client }: CheckRow) => client ?? '-' },
  {
    heading: 'STATE',
    cell: ({ state, silent }: CheckRow) => `${state ?? '-'}${silent === null ? '' : ` (${silent})`}`,
  },
  {
    heading: 'SINCE',
    cell: ({ sinceMs }: CheckRow) => (sinceMs === null ? '-' : new Date(sinceMs).toISOString().replace(/\.\d+Z$/, 'Z')),
  },
  { heading: '1H', cell: windowCell('1h') },
  { heading: '24H', cell: windowCell('24h') },
  { heading: '30D', cell: windowCell('30d') },
  {
    heading: 'LAST',
    cell: ({ error, status, totalMs }: CheckRow) =>
      error ?? (totalMs === null ? '-' : `${status} in ${Math.round(totalMs)} ms`),
    shrinks: true,
  },
];

/** For results that go to Kafka: the topic, and the state of delivery. */
const kafkaColumn = {
  heading: 'KAFKA',
  cell: ({ kafka }: CheckRow) => {
    if (!kafka) return '-';
    const dropped = kafka.dropped === 0 ? '' : `, ${kafka.dropped} dropped`;
    const waiting = kafka.fault === null ? '' : `, ${kafka.waiting} wait: ${kafka.fault}`;
    return `${kafka.to.replace(/.*\//, '')}${dropped}${waiting}`;
  },
  shrinks: true,
};

/** For checks that take longer than their period. */
const skippedColumn = { heading: 'SKIPPED', cell: ({ skipped }: CheckRow) => String(skipped ?? '-') };

/** Shows the current state of all checks. */
export const checksBuiltin: Builtin = {
  name: 'checks',
  usage: 'checks [NAME…] [--forget NAME]',
  summary:
    'Show the state of each check on each client, and its uptime and latency (median/p99) over 1 h, 24 h and 30 d; or forget one that has ended.',
  example: 'checks shop',
  options: [{ option: '--forget', label: 'NAME', about: 'remove a check from the list, unless it is still running' }],
  prepare({ service, output }, words) {
    const at = words.findIndex(({ text, quoted }) => !quoted && text.startsWith('--'));
    const [option, forgotten] = at < 0 ? [] : words.slice(at);
    if (option) {
      if (option.text !== '--forget') throw wrong(`checks has no option ${option.text}`);
      if (!forgotten) throw wrong('--forget needs a value');
      if (words.length > 2) throw wrong('--forget takes one name and no other arguments');
      return async () => {
        const request = { check: forgotten.text };
        const clients = z.array(z.string()).parse(await service.call('check/forget', request));
        output.note(`${forgotten.text} is forgotten on ${clients.join(', ')}`);
      };
    }
    const names = new Set(words.map(({ text }) => text));
    return async () => {
      const all = z.array(checkRowSchema).parse(await service.call('check/list', {}));
      const rows = names.size === 0 ? all : all.filter(({ check }) => names.has(check));
      const shown = [
        ...columns,
        ...(rows.some(({ skipped }) => skipped) ? [skippedColumn] : []),
        ...(rows.some(({ kafka }) => kafka) ? [kafkaColumn] : []),
      ];
      output.table({ type: 'check', rows, columns: shown, empty: 'there are no checks' });
    };
  },
};

const wrong = (message: string) => new SignalboxError('bad_usage', `${message}: ${checksBuiltin.usage}`);
