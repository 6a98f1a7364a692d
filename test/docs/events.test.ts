import { expect, test } from 'vitest';
import type { Event } from '../../src/index.ts';
import { read } from './markdown.ts';

type Own<One extends Event> = Omit<
  One,
  'type' | 'atMs' | 'seq' | 'actor' | 'vouched' | (One extends { id: string } ? JobField : never)
>;
type JobField = 'id' | 'number' | 'client' | 'place' | 'command' | 'adopted' | 'vouched';
/**
 * Each field of an event, and whether it may be absent: a change of the union needs a change here, and so of the page.
 */
type Fields = {
  [Type in Event['type']]: {
    [Field in keyof Own<Extract<Event, { type: Type }>>]-?: object extends Pick<
      Own<Extract<Event, { type: Type }>>,
      Field
    >
      ? '?'
      : '';
  };
};

const settled = {
  outcome: '',
  result: '?',
  error: '?',
  text: '?',
  durationMs: '?',
  lostOutput: '?',
  outputError: '?',
} as const;
const schedule = { schedule: '', workflow: '' } as const;
const planned = { ...schedule, plannedMs: '', client: '?' } as const;
const fields: Fields = {
  'job.submitted': { args: '', traceparent: '?', key: '?' },
  'job.placed': {},
  'job.accepted': {},
  'job.progress': { fraction: '', note: '?' },
  'job.output': { stream: '', offset: '', data: '', lostBytes: '?', takenBytes: '?' },
  'job.records': { records: '', lost: '?' },
  'job.unreachable': { reason: '' },
  'job.reachable': {},
  'job.settled': { ...settled, roundTripMs: '?', lagMs: '?' },
  'job.late': settled,
  'client.state': { client: '', state: '', reason: '?', elsewhere: '?' },
  'client.joined': { client: '', credential: '?', bootId: '', host: '', pid: '' },
  'client.left': { client: '', reason: '' },
  'client.expected': { client: '' },
  'client.forgotten': { client: '' },
  'client.handshake': { address: '', credential: '?', allowed: '' },
  'client.refused': { client: '?', address: '?', error: '', times: '?' },
  'client.violation': { client: '?', code: '', reason: '' },
  'allow-list': { error: '?' },
  store: { operation: '', error: '?' },
  plugin: { event: '', text: '', isWarning: '?', facts: '' },
  'operator.added': { operator: '', role: '', signsInWith: '', expiresMs: '?' },
  'operator.removed': { operator: '' },
  'operator.rotated': { operator: '', signsInWith: '' },
  'operator.expired': { operator: '' },
  'notify.silenced': { filter: '', untilMs: '' },
  'notify.unsilenced': { filter: '' },
  'workflow.started': { run: '', workflow: '', task: '?' },
  'workflow.task': { run: '', workflow: '', task: '', state: '', number: '?', error: '?' },
  'workflow.asked': { run: '', workflow: '', task: '', question: '' },
  'workflow.answered': { run: '', workflow: '', task: '', answer: '' },
  'workflow.ended': { run: '', workflow: '', outcome: '', failed: '?', moreFailed: '?' },
  'schedule.loaded': { ...schedule, when: '', nextMs: '', isChanged: '?' },
  'schedule.removed': schedule,
  'schedule.paused': schedule,
  'schedule.resumed': schedule,
  'schedule.started': { ...planned, run: '', isBackfill: '?' },
  'schedule.waiting': { ...planned, isReplacing: '?' },
  'schedule.skipped': { ...planned, reason: '', count: '?', lastMs: '?', isMore: '?', isBackfill: '?' },
  'schedule.backfill': { ...schedule, fromMs: '', toMs: '', count: '' },
};

test('the table of events has each type with each of its fields', () => {
  const [, table = ''] = read('docs/embedding.md').split('<!-- events');
  const rows =
    table
      .split('\n\n')[0]
      ?.split('\n')
      .filter((line) => line.startsWith('| `')) ?? [];
  const onPage = rows.map((row) => {
    const [type = '', , cell = ''] = row
      .split('|')
      .slice(1)
      .map((one) => one.trim());
    // Words in parentheses explain a field.
    const names = [...cell.replaceAll(/\(.*?\)/g, '').matchAll(/`(\w+)(\??)`/g)].map(([, name, mark]) => [name, mark]);
    return [type.replaceAll('`', ''), Object.fromEntries(names)];
  });
  expect(Object.fromEntries(onPage)).toEqual(fields);
  expect(onPage).toHaveLength(Object.keys(fields).length);
});
