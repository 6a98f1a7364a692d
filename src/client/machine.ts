import { createActor, type SnapshotFrom, setup } from 'xstate';

export type MachineEvent =
  | { type: 'start' }
  | { type: 'stop' }
  | { type: 'terminate' }
  /** The work of `terminate` is done. */
  | { type: 'drained' }
  /** A data command. Never sent: `snapshot.can({ type: 'data' })` tells whether one is accepted in this state. */
  | { type: 'data' };

/**
 * The states of a client. `start` in ready and `stop` in unready change nothing. Only `drained` leaves `terminating`;
 * `terminated` is final.
 */
export const clientMachine = setup({ types: { events: {} as MachineEvent } }).createMachine({
  id: 'client',
  initial: 'unready',
  states: {
    unready: { on: { start: 'ready', stop: 'unready', terminate: 'terminating' } },
    ready: { on: { start: 'ready', stop: 'unready', terminate: 'terminating', data: 'ready' } },
    terminating: { on: { terminate: 'terminating', drained: 'terminated' } },
    terminated: { type: 'final' },
  },
});

export type ClientActor = ReturnType<typeof createClientActor>;
export type ClientSnapshot = SnapshotFrom<typeof clientMachine>;

export function createClientActor() {
  return createActor(clientMachine).start();
}
