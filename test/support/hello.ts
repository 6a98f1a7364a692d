import { type Hello, protocolVersion } from '../../schemas/index.ts';
import type { Member, Roster } from '../../src/server/clients/roster.ts';

export const bootA = 'aaaaaaaaaaaa';
export const bootB = 'bbbbbbbbbbbb';

export function hello(fields: Partial<Hello> = {}): Hello {
  return {
    type: 'hello',
    protocol: { min: protocolVersion, max: protocolVersion },
    features: [],
    version: '1.2.3',
    name: 'w1',
    named: true,
    bootId: bootA,
    state: 'unready',
    commands: ['ping'],
    info: { host: 'box', pid: 77, platform: 'linux' },
    labels: {},
    facts: {},
    ...fields,
  };
}

/** Admits a client that must get in. */
export function join(roster: Roster, peer: string, fields: Partial<Hello> = {}, nowMs = 0): Member {
  return roster.admit(hello(fields), peer, nowMs).member;
}
