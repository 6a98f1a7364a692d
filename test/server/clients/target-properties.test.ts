import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SignalboxError } from '../../../schemas/errors.ts';
import { foldNames } from '../../../src/fold-names.ts';
import { naturally } from '../../../src/natural-order.ts';
import { resolveTargets } from '../../../src/server/clients/targets.ts';
import { parseTarget } from '../../../src/target.ts';
import { type ModelClient, targetAndClients } from './target-model.ts';

const knownOf = (clients: readonly ModelClient[]) => {
  const byName = new Map(clients.map((client) => [client.name, client]));
  const namesOf = (is: (client: ModelClient) => boolean) => clients.filter(is).map(({ name }) => name);
  return {
    has: (name: string) => byName.has(name),
    connected: () => namesOf(({ isConnected }) => isConnected),
    all: () => namesOf(({ isConnected, isGone }) => isConnected || !isGone),
    labelOf: (name: string, label: string) => byName.get(name)?.labels[label],
  };
};

function outcomeOf(targets: readonly string[], clients: readonly ModelClient[]): unknown {
  try {
    return resolveTargets(targets, knownOf(clients)).sort(naturally);
  } catch (error) {
    return SignalboxError.from(error, 'internal').code;
  }
}

const codes = { nobody: 'no_such_target', malformed: 'bad_usage' };

test('a target selects the clients that the sets of its parts result in', () => {
  let resolved = 0;
  fc.assert(
    fc.property(targetAndClients, ({ text, clients, meaning }) => {
      const expected = typeof meaning === 'string' ? codes[meaning] : [...meaning].sort(naturally);
      expect(outcomeOf([text], clients)).toEqual(expected);
      if (typeof meaning !== 'string') resolved += 1;
      // Several targets combine into one, and so do its terms.
      const terms = parseTarget(text);
      if (!('message' in terms)) {
        expect(
          outcomeOf(
            terms.map((term) => term.text),
            clients,
          ),
        ).toEqual(expected);
      }
    }),
    { numRuns: 5_000 },
  );
  expect(resolved).toBeGreaterThan(300);
});

const name = fc
  .tuple(
    fc.constantFrom('w', 'web-', 'a1b', 'm.', '', 'x_'),
    fc.oneof(
      fc.nat(30).map(String),
      fc.nat(12).map((number) => String(number).padStart(2, '0')),
      fc.constant('a'),
    ),
  )
  .map((parts) => parts.join(''));

test('folded names in the output can be pasted back, and select the same names', () => {
  fc.assert(
    fc.property(fc.uniqueArray(name, { minLength: 1, maxLength: 20 }), (names) => {
      const clients = names.map((one) => ({ name: one, isConnected: true, isGone: false, labels: {} }));
      expect(outcomeOf([foldNames(names).replaceAll(', ', ',')], clients)).toEqual(names.toSorted(naturally));
    }),
  );
});

test('any text is a target, or is refused with the position of the error', () => {
  const characters = fc.constantFrom(...'aw1!,+=[]-*?:/.^W ');
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: characters, maxLength: 20 })), (text) => {
      const parsed = parseTarget(text);
      if (!('message' in parsed)) {
        expect(parsed.map((term) => term.text).join(',')).toBe(text);
      } else {
        expect(parsed.start).toBeGreaterThanOrEqual(0);
        expect(parsed.end).toBeLessThanOrEqual(text.length);
        expect(parsed.start).toBeLessThanOrEqual(parsed.end);
        expect(parsed.hint).not.toBe('');
      }
    }),
    { numRuns: 2_000 },
  );
});
