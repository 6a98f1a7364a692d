import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  adjacencyMapToArray,
  getAdjacencyMap,
  getPathsFromEvents,
  getShortestPaths,
  getSimplePaths,
} from 'xstate/graph';
import { clientMachine, createClientActor, type MachineEvent } from '../../src/client/machine.ts';

type State = 'unready' | 'ready' | 'terminating' | 'terminated';

/** The effect of each event in each state, by hand. `undefined`: the event is ignored, and nothing changes. */
const table: Record<State, Record<MachineEvent['type'], State | undefined>> = {
  unready: { start: 'ready', stop: 'unready', terminate: 'terminating', drained: undefined, data: undefined },
  ready: { start: 'ready', stop: 'unready', terminate: 'terminating', drained: undefined, data: 'ready' },
  terminating: {
    start: undefined,
    stop: undefined,
    terminate: 'terminating',
    drained: 'terminated',
    data: undefined,
  },
  terminated: { start: undefined, stop: undefined, terminate: undefined, drained: undefined, data: undefined },
};

const events: MachineEvent[] = [
  { type: 'start' },
  { type: 'stop' },
  { type: 'terminate' },
  { type: 'drained' },
  { type: 'data' },
];
const expected = (types: readonly MachineEvent['type'][]): State =>
  types.reduce<State>((state, type) => table[state][type] ?? state, 'unready');
/** The events of a path: its first step is the start of the machine itself. */
const typesOf = (steps: readonly { event: { type: string } }[]) =>
  steps.map(({ event }) => event.type).filter((type): type is MachineEvent['type'] => !type.startsWith('xstate.'));

describe('along the paths that xstate finds', () => {
  const simple = getSimplePaths(clientMachine, { events });
  const shortest = getShortestPaths(clientMachine, { events });

  test.each([...simple, ...shortest].map((path) => [typesOf(path.steps).join(', ') || 'nothing', path] as const))(
    'after %s the state matches the table',
    (_title, path) => {
      const types = typesOf(path.steps);
      expect(path.state.value).toBe(expected(types));
      const actor = createClientActor();
      for (const type of types) actor.send({ type });
      expect(actor.getSnapshot().value).toBe(expected(types));
    },
  );

  test('every state is reached by the shortest path', () => {
    const ways = Object.fromEntries(shortest.map((path) => [path.state.value, typesOf(path.steps)]));
    expect(ways).toStrictEqual({
      unready: [],
      ready: ['start'],
      terminating: ['terminate'],
      terminated: ['terminate', 'drained'],
    });
    expect(simple).toHaveLength(6);
  });

  test('every event in every state leads to the state in the table', () => {
    const edges = adjacencyMapToArray(getAdjacencyMap(clientMachine, { events }));
    expect(edges).toHaveLength(20);
    for (const { state, event, nextState } of edges) {
      const to = table[state.value][event.type];
      expect([state.value, event.type, nextState.value]).toStrictEqual([state.value, event.type, to ?? state.value]);
      expect([state.value, event.type, state.can(event)]).toStrictEqual([state.value, event.type, to !== undefined]);
    }
  });
});

describe('the rules', () => {
  const stateAfter = (...types: MachineEvent['type'][]) => {
    const [path] = getPathsFromEvents(
      clientMachine,
      types.map((type) => ({ type })),
    );
    if (!path) throw new Error('no such path');
    return path.state;
  };

  test('data commands are accepted only in ready', () => {
    const takes = [stateAfter(), stateAfter('start'), stateAfter('terminate'), stateAfter('terminate', 'drained')].map(
      (state) => [state.value, state.can({ type: 'data' })],
    );
    expect(takes).toStrictEqual([
      ['unready', false],
      ['ready', true],
      ['terminating', false],
      ['terminated', false],
    ]);
  });

  test('a second start and a second stop do not change the state', () => {
    expect(stateAfter('start', 'start').value).toBe('ready');
    expect(stateAfter('stop').value).toBe('unready');
    expect(stateAfter('start', 'stop', 'stop').value).toBe('unready');
    expect(stateAfter('start', 'start').can({ type: 'start' })).toBe(true);
    expect(stateAfter('stop').can({ type: 'stop' })).toBe(true);
  });

  test('terminating accepts another terminate, and neither start nor stop', () => {
    expect(stateAfter('terminate', 'terminate').value).toBe('terminating');
    expect(stateAfter('terminate').can({ type: 'terminate' })).toBe(true);
    expect(stateAfter('terminate').can({ type: 'start' })).toBe(false);
    expect(stateAfter('terminate').can({ type: 'stop' })).toBe(false);
  });

  test('nothing leaves terminated, whatever happens', () => {
    const some = fc.array(fc.constantFrom(...events).map(({ type }) => type));
    fc.assert(
      fc.property(some, some, (before, later) => {
        expect(stateAfter(...before).value).toBe(expected(before));
        const ended = stateAfter(...before, 'terminate', 'drained', ...later);
        expect([ended.value, ended.status]).toStrictEqual(['terminated', 'done']);
      }),
    );
  });
});
