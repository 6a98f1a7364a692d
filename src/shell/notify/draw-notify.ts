import type { Table } from '../../plugin/builtin-output.ts';
import type { HistoryRow, NotifyList, Silence } from '../../plugin/notify-calls.ts';
import { formatTime } from '../parse/time.ts';

type RuleRow = NotifyList['rules'][number];
type ChannelRow = NotifyList['channels'][number];

export function rulesTable(rows: readonly RuleRow[]): Table<RuleRow> {
  return {
    ...{ type: 'notify.rule', rows, empty: 'the configuration has no rules in notify' },
    columns: [
      { heading: 'RULE', cell: ({ number }) => String(number) },
      { heading: 'ON', cell: ({ on }) => on.join(' '), shrinks: true },
      { heading: 'WHERE', cell: ({ filter, after }) => filterWords(filter, after), shrinks: true },
      { heading: 'TO', cell: ({ to }) => to.join(' ') },
      { heading: 'WAITING', cell: ({ waiting }) => String(waiting) },
    ],
  };
}

export function channelsTable(rows: readonly ChannelRow[], missed: number): Table<ChannelRow> {
  return {
    ...{ type: 'notify.channel', rows, empty: 'there are no channels' },
    columns: [
      { heading: 'CHANNEL', cell: ({ name }) => name },
      { heading: 'IS', cell: ({ about }) => about, shrinks: true },
      { heading: 'WAITING', cell: ({ waiting }) => String(waiting) },
      { heading: 'STATE', cell: stateOf },
    ],
    note: missed === 0 ? undefined : `${missed} events were deleted before they were read (--keep)`,
  };
}

export function silencesTable(rows: readonly Silence[]): Table<Silence> {
  return {
    ...{ type: 'notify.silence', rows, empty: 'there are no silences' },
    columns: [
      { heading: 'SILENT', cell: ({ filter }) => filterWords(filter, 1), shrinks: true },
      { heading: 'UNTIL', cell: ({ untilMs }) => formatTime(untilMs) },
      { heading: 'BY', cell: ({ actor }) => actor },
    ],
  };
}

export function historyTable(rows: readonly HistoryRow[]): Table<HistoryRow> {
  return {
    ...{ type: 'notify.message', rows, empty: 'there are no messages yet' },
    columns: [
      { heading: 'AT', cell: ({ atMs }) => formatTime(atMs) },
      { heading: 'EVENT', cell: ({ event }) => event },
      { heading: 'COUNT', cell: ({ count }) => String(count) },
      { heading: 'TEXT', cell: ({ text }) => text, shrinks: true },
      { heading: 'DELIVERIES', cell: ({ deliveries }) => Object.entries(deliveries).map(deliveryWords).join('; ') },
    ],
  };
}

const deliveryWords = ([name, { state, attempts, error }]: [string, HistoryRow['deliveries'][string]]): string => {
  const times = attempts > 1 ? ` (${attempts} attempts)` : '';
  return `${name} ${state}${times}${error === undefined || state === 'delivered' ? '' : `: ${error}`}`;
};

function stateOf({ closed, failures, notBeforeMs }: ChannelRow): string {
  if (closed !== undefined) return `closed: ${closed}`;
  return failures === 0 ? 'ok' : `failing (${failures}), next attempt at ${formatTime(notBeforeMs)}`;
}

function filterWords(filter: Readonly<Record<string, unknown>>, after: number): string {
  const words = Object.entries(filter).map(([field, value]) => `${field}=${[value].flat().join(',')}`);
  if (after > 1) words.push(`after=${after}`);
  return words.length === 0 ? '-' : words.join(' ');
}
