import { expect, test } from 'vitest';
import type { Hello } from '../../../schemas/index.ts';
import { limits } from '../../../schemas/index.ts';
import type { Event } from '../../../src/jobs/events.ts';
import type { Allowed } from '../../../src/keys/allow-list.ts';
import { FaultReports } from '../../../src/plugin/fault-reports.ts';
import { Fleet } from '../../../src/server/clients/fleet.ts';
import { Roster } from '../../../src/server/clients/roster.ts';
import { EventBus } from '../../../src/server/event-bus.ts';
import type { StoredClient } from '../../../src/store/stored-job.ts';
import { bootA, bootB, hello } from '../../support/hello.ts';
import { refusal } from '../../support/refusal.ts';

const seen = (name: string, fields: Partial<StoredClient> = {}): StoredClient => ({
  ...{ name, bootId: bootA, named: true, seenAtMs: 1_000 },
  ...fields,
});

/** A fleet, what it has reported, and what it has stored. */
function openFleet({
  stored = [] as StoredClient[],
  credentials = undefined as string[] | undefined,
  vouched = {} as Record<string, Record<string, string>>,
} = {}) {
  const roster = new Roster();
  const told: string[] = [];
  const changes: string[] = [];
  const on = (event: Event) => {
    if ('client' in event) told.push(`${event.type} ${event.client}${event.actor ? ` by ${event.actor}` : ''}`);
  };
  const events = new EventBus([{ name: 'test', on }], new FaultReports());
  const journal = {
    client: ({ name, named }: StoredClient) => void changes.push(`${name} named: ${named}`),
    clientForgotten: (name: string) => void changes.push(`${name} forgotten`),
  };
  const fleet = new Fleet({ roster, events, journal, stored, credentials, vouched: (client) => vouched[client] });
  const join = (name: string, fields: Partial<Hello> = {}, credential?: Pick<Allowed, 'name' | 'replicas'>) => {
    const proven = credential && { publicKey: '', tokenHash: '', addedMs: 0, ...credential };
    const { member } = roster.admit(hello({ name, ...fields }), `peer of ${name}`, 0, proven);
    fleet.joined(member);
    member.synced = true;
    fleet.synced(member);
    return member;
  };
  return { fleet, roster, join, told, changes };
}

const away = ({ fleet }: Pick<ReturnType<typeof openFleet>, 'fleet'>) => fleet.missing().map(({ name }) => name);

test('without keys the named clients in the store are expected, the newest ones if there are too many', () => {
  const open = openFleet({ stored: [seen('w10'), seen('w2'), seen('box-77', { named: false })] });
  expect([open.fleet.all(), open.fleet.connected(), away(open)]).toEqual([['w2', 'w10'], [], ['w10', 'w2']]);
  expect(open.fleet.missing()[0]).toEqual({ name: 'w10', isKeyed: false, before: seen('w10') });
  const many = Array.from({ length: limits.maxDepartedClients + 1 }, (_, at) => seen(`w${at}`, { seenAtMs: at }));
  const { fleet } = openFleet({ stored: many });
  expect([fleet.all().length, fleet.has('w0'), fleet.has('w1')]).toEqual([limits.maxDepartedClients, false, true]);
});

test('with keys the clients with their own credentials are expected, whatever the store has', () => {
  const open = openFleet({ stored: [seen('w1'), seen('old')], credentials: ['w1', 'w2'] });
  expect(open.fleet.all()).toEqual(['w1', 'w2']);
  expect(open.fleet.missing()).toEqual([
    { name: 'w1', isKeyed: true, before: seen('w1') },
    { name: 'w2', isKeyed: true, before: undefined },
  ]);
  // A replica says that it is named, because it has credentials.
  const replica = open.join('web-1', {}, { name: 'web', replicas: true });
  const own = open.join('w1', {}, { name: 'w1', replicas: false });
  expect(open.fleet.all()).toEqual(['w1', 'w2', 'web-1']);
  for (const member of [replica, own]) open.fleet.sessionEnded(member);
  expect([open.fleet.all(), open.fleet.has('web-1')]).toEqual([['w1', 'w2'], true]);
  expect(open.changes).toEqual(['web-1 named: false', 'w1 named: true', 'web-1 named: false', 'w1 named: true']);
});

test('a client with a configured name is expected after its connection ends; one with a generated name is not', () => {
  const open = openFleet();
  const members = [open.join('w1'), open.join('box-77', { named: false })];
  expect(open.fleet.all()).toEqual(['box-77', 'w1']);
  for (const member of members) open.fleet.sessionEnded(member);
  expect([open.fleet.all(), open.fleet.connected()]).toEqual([['w1'], []]);
  expect(['w1', 'box-77', 'w2'].map((name) => open.fleet.hasEnded(name))).toEqual([false, false, false]);
  expect(open.told).toEqual([]);
});

test.each([
  ['says goodbye', 'ready', ['w1 named: true', 'w1 forgotten']],
  ['is cut off while it ends', 'terminating', ['w1 named: true', 'w1 named: false']],
] as const)('who %s is expected no more, until it comes again', (_, state, changes) => {
  const open = openFleet({ credentials: ['w1'] });
  const credential = { name: 'w1', replicas: false };
  const member = open.join('w1', { state }, credential);
  if (state === 'ready') open.fleet.saidGoodbye(member);
  open.fleet.sessionEnded(member);
  expect([open.fleet.all(), open.fleet.has('w1'), open.fleet.hasEnded('w1')]).toEqual([[], true, true]);
  expect(open.changes).toEqual(changes);
  const next = open.join('w1', { bootId: bootB }, credential);
  open.fleet.sessionEnded(next);
  expect([open.fleet.all(), open.fleet.hasEnded('w1')]).toEqual([['w1'], false]);
});

test('credentials that are added or revoked while the server runs take effect at once and are reported', async () => {
  const open = openFleet({ credentials: ['w1', 'w2'] });
  const member = open.join('w1', {}, { name: 'w1', replicas: false });
  expect(open.fleet.credentialsAre(['w3'])).toEqual(['w2']);
  open.fleet.revoked(member);
  open.fleet.sessionEnded(member);
  expect([open.fleet.all(), open.fleet.has('w1'), open.fleet.has('w2')]).toEqual([['w3'], true, false]);
  expect(open.fleet.hasEnded('w1')).toBe(true);
  await Promise.resolve();
  expect(open.told).toEqual(['client.expected w3', 'client.forgotten w2']);
  expect(open.changes).toEqual(['w1 named: true', 'w1 named: false']);
  // Its credentials were replaced, so it may come with the new ones.
  expect(open.fleet.credentialsAre(['w3', 'w1'])).toEqual([]);
  expect([open.fleet.all(), open.fleet.hasEnded('w1')]).toEqual([['w1', 'w3'], false]);
});

test('an absent client can be forgotten, in memory and in the store', async () => {
  const open = openFleet({ stored: [seen('w1')] });
  open.fleet.sessionEnded(open.join('w2', { named: false }));
  open.changes.length = 0;
  for (const name of ['w1', 'w2']) open.fleet.forget(name, 'owner');
  expect([open.fleet.all(), open.fleet.has('w1'), open.roster.get('w2')]).toEqual([[], false, undefined]);
  expect(open.changes).toEqual(['w1 forgotten', 'w2 forgotten']);
  await Promise.resolve();
  expect(open.told).toEqual(['client.forgotten w1 by owner', 'client.forgotten w2 by owner']);
});

test.each([
  ['w9', 'no_such_target', "no client is called 'w9'"],
  ['w1', 'bad_usage', 'w1 is connected; end it first: @w1 terminate'],
  ['w2', 'bad_usage', 'w2 has credentials; revoke them instead: signalbox keys revoke w2'],
] as const)('%s cannot be forgotten: %s', (name, code, message) => {
  const open = openFleet({ credentials: ['w1', 'w2'] });
  open.join('w1', {}, { name: 'w1', replicas: false });
  const forget = () => open.fleet.forget(name, 'owner');
  expect(forget).toThrow(refusal(code));
  expect(forget).toThrow(message);
  expect(open.fleet.all()).toEqual(['w1', 'w2']);
});

test('if too many clients have left, unexpected ones are forgotten first; one with credentials stays expected', () => {
  const open = openFleet({ credentials: ['keyed'] });
  const leave = (name: string, fields?: Partial<Hello>, credential?: Pick<Allowed, 'name' | 'replicas'>) =>
    open.fleet.sessionEnded(open.join(name, fields, credential));
  leave('keyed', {}, { name: 'keyed', replicas: false });
  leave('named');
  leave('made-up', { named: false });
  for (let at = 3; at < limits.maxDepartedClients; at += 1) leave(`w${at}`);
  open.changes.length = 0;
  leave('more');
  expect(['made-up', 'named'].map((name) => open.fleet.has(name))).toEqual([false, true]);
  leave('and-more');
  leave('and-more-again');
  expect(['keyed', 'named', 'w3'].map((name) => open.fleet.has(name))).toEqual([true, false, true]);
  expect(away(open)).toEqual(['keyed']);
  expect(open.changes.filter((change) => change.endsWith('forgotten'))).toEqual(['named forgotten']);
});

test('a server that ends stores when its clients were last connected', () => {
  const open = openFleet();
  open.join('w1');
  open.fleet.sessionEnded(open.join('w2'));
  open.changes.length = 0;
  open.fleet.serverEnds();
  expect(open.changes).toEqual(['w1 named: true']);
});

test('a label takes precedence over a fact of the same name, and an invalid label among the facts is ignored', () => {
  const { fleet, join } = openFleet();
  join('w1', { labels: { env: 'prod', os: 'mine' }, facts: { os: 'linux', node: '24.1.0', cpu: 'two words' } });
  const labels = ['env', 'os', 'node', 'cpu', 'constructor'].map((name) => fleet.labelOf('w1', name));
  expect(labels).toEqual(['prod', 'mine', '24.1.0', undefined, undefined]);
  expect(fleet.labelOf('w2', 'os')).toBeUndefined();
});

test('a label in the keys takes precedence over a label that the client declares, and exists before the client comes', () => {
  const { fleet, join } = openFleet({
    credentials: ['w1', 'w2'],
    vouched: { w1: { env: 'prod' }, w2: { env: 'prod' } },
  });
  join('w1', { labels: { env: 'test', site: 'eu' } });
  expect(['w1', 'w2'].map((name) => fleet.labelOf(name, 'env'))).toEqual(['prod', 'prod']);
  expect(fleet.labelOf('w1', 'site')).toBe('eu');
  expect(fleet.vouchedOf('w1')).toEqual({ env: 'prod' });
});
