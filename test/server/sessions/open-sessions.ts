import { setImmediate as nextTurn } from 'node:timers/promises';
import { vi } from 'vitest';
import type { FromClient, FromServer } from '../../../schemas/index.ts';
import type { Event } from '../../../src/jobs/events.ts';
import { JobTable } from '../../../src/jobs/job-table.ts';
import { FaultReports } from '../../../src/plugin/fault-reports.ts';
import { Refusals } from '../../../src/server/admission/refusals.ts';
import { Fleet } from '../../../src/server/clients/fleet.ts';
import { Roster } from '../../../src/server/clients/roster.ts';
import { EventBus } from '../../../src/server/event-bus.ts';
import { Sessions } from '../../../src/server/sessions/sessions.ts';
import type { Listener } from '../../../src/wire/listener.ts';
import { boot } from '../../jobs/open-job-table.ts';
import { type Arrival, pushed } from '../../support/pulled.ts';
import { frameOf, readServer, withWholeIds } from '../../support/wire.ts';

/** Sessions without sockets. Their clock only moves in `pass`; the test has to fake `setTimeout` and `performance`. */
export function openSessions() {
  const arrivals: Arrival[] = [];
  const sent: { peer: string; message: FromServer }[] = [];
  const seen: Event[] = [];
  let closed = false;
  async function* coming() {
    while (!closed) {
      yield* arrivals.splice(0);
      await nextTurn();
    }
  }
  const listener: Listener = {
    endpoint: 'tcp://127.0.0.1:1',
    peers: () => [],
    receive: (receiver) => pushed(coming(), ({ peer, parts }) => receiver.received(peer, parts?.[0])),
    send: async (peer, frame) => {
      for (const message of readServer(frame)) sent.push({ peer, message: withWholeIds(message, boot) });
    },
    closeConnections: async () => {},
    [Symbol.asyncDispose]: async () => {},
  };
  const events = new EventBus([{ name: 'test', on: (event) => void seen.push(event) }], new FaultReports());
  const refusals = new Refusals(events);
  const roster = new Roster();
  const jobTable: JobTable = new JobTable({
    bootId: boot,
    lostAfterMs: 60_000,
    effects: {
      send: (client, message) => sessions.send(client, message),
      tell: (job, news) => jobTable.taken(job, news),
    },
  });
  const fleet = new Fleet({ roster, events, journal: undefined, stored: [], credentials: undefined });
  const parts = { bootId: boot, commands: new Map(), listener, roster, fleet, jobTable, events, refusals };
  const welcome = { store: { id: boot, durable: false }, adopt: false };
  const sessions = new Sessions({ groups: new Set(), ...parts, door: undefined, welcome });
  return {
    sessions,
    roster,
    /** Messages of a peer arrive at the current time, and the replies are sent. */
    say: async (peer: string, ...messages: FromClient[]) => {
      arrivals.push({ peer, parts: [frameOf(...messages)] });
      await settled();
    },
    pass: async (ms: number) => {
      vi.advanceTimersByTime(ms);
      await settled();
    },
    settled,
    /** Takes the messages that this peer was sent since the last call. */
    takeSent: (peer: string) => {
      const own = sent.filter((one) => one.peer === peer);
      for (const one of own) sent.splice(sent.indexOf(one), 1);
      return own.map(({ message }) => message);
    },
    /** Takes the client states that were reported since the last call, with their reasons. */
    takeStates: () =>
      seen
        .splice(0)
        .flatMap((event) => (event.type === 'client.state' ? [[event.client, event.state, event.reason ?? '']] : [])),
    [Symbol.asyncDispose]: async () => {
      closed = true;
      refusals[Symbol.dispose]();
      await sessions.close();
    },
  };
}

/** A frame is read in one turn, answered at the end of the next, and sent in the one after. */
async function settled(): Promise<void> {
  for (let turns = 0; turns < 6; turns += 1) await nextTurn();
}
