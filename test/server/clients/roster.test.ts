import { describe, expect, test } from 'vitest';
import { limits, SignalboxError } from '../../../schemas/index.ts';
import { Roster, seenState } from '../../../src/server/clients/roster.ts';
import { bootA, bootB, hello, join } from '../../support/hello.ts';
import { refusal } from '../../support/refusal.ts';

describe('admission', () => {
  /** The result for the client that was connected, and for the new one. */
  const cases = [
    ['nobody', 'p1', bootA, { ended: undefined }],
    ['the same client, connected', 'p2', bootA, { ended: 'p1' }],
    ['the same client on the same connection', 'p1', bootA, { ended: undefined }],
    ['another boot, connected', 'p2', bootB, { error: 'name_taken' }],
    ['another boot on the same connection', 'p1', bootB, { error: 'name_taken' }],
    ['the same client, gone', 'p2', bootA, { ended: undefined }],
    ['another boot, gone', 'p2', bootB, { ended: undefined }],
  ] as const;

  test.each(cases)('after %s, from %s with boot id %s', (before, peer, bootId, outcome) => {
    const roster = new Roster();
    if (before !== 'nobody') {
      const member = join(roster, 'p1');
      if (before.endsWith('gone')) roster.sessionEnded(member);
    }
    const admit = () => roster.admit(hello({ bootId }), peer, 5);
    if ('error' in outcome) expect(admit).toThrow(refusal(outcome.error));
    else {
      const { ended, member } = admit();
      expect({ ended }).toStrictEqual(outcome);
      expect([roster.get('w1'), roster.ofPeer(peer)]).toStrictEqual([member, member]);
      expect(roster.connected()).toStrictEqual([member]);
      expect(member).toMatchObject({ name: 'w1', bootId, peer, heardAtMs: 5, responsive: true, synced: false });
    }
  });

  test('a refused client does not affect the one that is connected', () => {
    const roster = new Roster();
    const member = join(roster, 'p1');
    expect(() => roster.admit(hello({ bootId: bootB }), 'p2', 9)).toThrow(
      new SignalboxError('name_taken', 'a client named w1 is connected (pid 77 on box)'),
    );
    expect([roster.ofPeer('p1'), roster.ofPeer('p2'), roster.get('w1')]).toStrictEqual([member, undefined, member]);
  });

  test('a replaced connection has no member any more, and its end has no effect', () => {
    const roster = new Roster();
    const older = join(roster, 'p1');
    const newer = join(roster, 'p2');
    expect([roster.ofPeer('p1'), roster.ofPeer('p2')]).toStrictEqual([undefined, newer]);
    expect(newer).not.toBe(older);
    expect(roster.connected()).toHaveLength(1);
  });
});

describe('the roster of clients', () => {
  test('has all clients by name, the connected ones separate from those that left', () => {
    const roster = new Roster();
    const names = ['w10', 'w2', 'a', 'w1'];
    const members = names.map((name, index) => join(roster, `p${index}`, { name }));
    if (members[2]) roster.sessionEnded(members[2]);
    expect(roster.all().map(({ name }) => name)).toStrictEqual(['a', 'w1', 'w2', 'w10']);
    expect(roster.connected().map(({ name }) => name)).toStrictEqual(['w1', 'w2', 'w10']);
    expect(roster.ofPeer('p2')).toBeUndefined();
  });

  test('counts the clients that have listed their jobs', () => {
    const roster = new Roster();
    const [one, two] = [join(roster, 'p1', { name: 'w1' }), join(roster, 'p2', { name: 'w2' })];
    expect(roster.syncedCount).toBe(0);
    one.synced = true;
    two.synced = true;
    expect(roster.syncedCount).toBe(2);
    roster.sessionEnded(two);
    join(roster, 'p3');
    expect(roster.syncedCount).toBe(0);
  });

  test('ends a session once', () => {
    const roster = new Roster();
    const member = join(roster, 'p1');
    roster.sessionEnded(member);
    roster.sessionEnded(member);
    expect([member.peer, seenState(member), roster.get('w1')]).toStrictEqual([undefined, 'offline', member]);
  });

  test('forgets the oldest of 10,000 clients that left, and never a connected one', () => {
    const roster = new Roster();
    join(roster, 'stays', { name: 'stays' });
    for (let index = 0; index <= limits.maxDepartedClients; index += 1) {
      roster.sessionEnded(join(roster, `p${index}`, { name: `w${index}` }));
    }
    expect(roster.all()).toHaveLength(limits.maxDepartedClients + 1);
    expect([roster.get('w0'), roster.get('w1')?.name, roster.get('stays')?.name]).toStrictEqual([
      undefined,
      'w1',
      'stays',
    ]);
  });
});

describe('silence', () => {
  test.each([
    [3_000, 'fine', 'unready'],
    [3_001, 'unresponsive', 'unresponsive'],
    [10_000, 'unresponsive', 'unresponsive'],
    [10_001, 'over', 'unready'],
  ])('of %i ms is %s', (silentMs, verdict, seen) => {
    const roster = new Roster();
    const member = join(roster, 'p1', {}, 500);
    expect([roster.judge(member, 500 + silentMs), seenState(member)]).toStrictEqual([verdict, seen]);
  });

  test('is reported once', () => {
    const roster = new Roster();
    const member = join(roster, 'p1');
    expect([4_000, 5_000, 9_999].map((nowMs) => roster.judge(member, nowMs))).toStrictEqual([
      'unresponsive',
      'fine',
      'fine',
    ]);
    expect(roster.judge(member, 10_001)).toBe('over');
  });

  test('ends with any message; the result says whether that is a change', () => {
    const roster = new Roster();
    const member = join(roster, 'p1', { state: 'ready' });
    expect(roster.heard(member, 1_000)).toBe(false);
    roster.judge(member, 4_001);
    expect(roster.heard(member, 4_002)).toBe(true);
    expect(roster.heard(member, 4_003)).toBe(false);
    expect([member.heardAtMs, seenState(member), roster.judge(member, 7_003)]).toStrictEqual([4_003, 'ready', 'fine']);
  });

  test('does not count while this process itself was stopped, for connected clients', () => {
    const roster = new Roster();
    const [here, gone] = [join(roster, 'p1', { name: 'w1' }), join(roster, 'p2', { name: 'w2' })];
    roster.sessionEnded(gone);
    roster.forgive(60_000);
    expect([here.heardAtMs, gone.heardAtMs]).toStrictEqual([60_000, 0]);
    expect([roster.judge(here, 63_000), roster.judge(here, 63_001)]).toStrictEqual(['fine', 'unresponsive']);
  });
});
