import fc from 'fast-check';

/** A client that the server knows. */
export interface ModelClient {
  readonly name: string;
  readonly isConnected: boolean;
  /** Absent and not expected: only its exact name matches it. */
  readonly isGone: boolean;
  readonly labels: Readonly<Record<string, string>>;
}

/** A set of names, or why there is none. */
type Meaning = ReadonlySet<string> | 'nobody' | 'malformed';

/** A part of a target: its text, and what it selects from given clients. */
interface ModelAtom {
  readonly text: string;
  /** @param mayBeNobody whether it is part of an exclusion. */
  readonly means: (clients: readonly ModelClient[], mayBeNobody: boolean) => Meaning;
}

const named = (clients: readonly ModelClient[], is: (client: ModelClient) => boolean): ReadonlySet<string> =>
  new Set(clients.filter(is).map(({ name }) => name));
const some = (names: ReadonlySet<string>, mayBeNobody: boolean): Meaning =>
  names.size > 0 || mayBeNobody ? names : 'nobody';

const stems = ['w', 'web-', 'db', ''];
const nameOf = fc.tuple(fc.constantFrom(...stems), fc.constantFrom('0', '1', '2', '3', '07', '08', '12'));
const clientName = nameOf.map(([stem, number]) => `${stem}${number}`);

const clients: fc.Arbitrary<ModelClient[]> = fc.uniqueArray(
  fc.record({
    name: clientName,
    isConnected: fc.boolean(),
    isGone: fc.nat(4).map((one) => one === 0),
    labels: fc.record({ env: fc.constantFrom('dev', 'prod'), rack: fc.constantFrom('r1', 'r2') }, { requiredKeys: [] }),
  }),
  { selector: ({ name }) => name, minLength: 4, maxLength: 24 },
);

const plainName: fc.Arbitrary<ModelAtom> = clientName.map((text) => ({
  text,
  means: (all) => {
    const names = named(all, ({ name }) => name === text);
    return names.size > 0 ? names : 'nobody';
  },
}));

const word: fc.Arbitrary<ModelAtom> = fc.constantFrom('all', 'online').map((text) => ({
  text,
  means: (all, mayBeNobody) =>
    some(
      named(all, ({ isConnected, isGone }) => isConnected || (text === 'all' && !isGone)),
      mayBeNobody,
    ),
}));

const isThere = ({ isConnected, isGone }: ModelClient): boolean => isConnected || !isGone;

/** Text of a glob, and the equivalent regular expression. */
const globPiece = fc.oneof(
  fc.constantFrom('w', 'e', 'd', '1', '0', '-').map((char) => [char, char] as const),
  fc.constant(['*', '.*'] as const),
  fc.constant(['?', '.'] as const),
  fc.constantFrom('w', 'wd', '13', 'a-z').map((inside) => [`[${inside}]`, `[${inside}]`] as const),
  fc.constantFrom('w', '13').map((inside) => [`[!${inside}]`, `[^${inside}]`] as const),
);
const globOf = (pieces: readonly (readonly [string, string])[]) => ({
  text: pieces.map(([text]) => text).join(''),
  expression: new RegExp(`^${pieces.map(([, expression]) => expression).join('')}$`),
});
const glob: fc.Arbitrary<ModelAtom> = fc
  .array(globPiece, { minLength: 1, maxLength: 5 })
  .map(globOf)
  .filter(({ text }) => /[*?[]/.test(text))
  .map(({ text, expression }) => ({
    text,
    means: (all, mayBeNobody) =>
      some(
        named(all, (client) => isThere(client) && expression.test(client.name)),
        mayBeNobody,
      ),
  }));

const label: fc.Arbitrary<ModelAtom> = fc
  .tuple(fc.constantFrom('env', 'rack', 'os'), fc.constantFrom('dev', 'prod', 'r1', 'r*', '*'))
  .map(([key, value]) => ({
    text: `${key}=${value}`,
    means: (all, mayBeNobody) => {
      const isValue = (given: string | undefined) =>
        given !== undefined && (value === '*' || given === value || (value === 'r*' && given.startsWith('r')));
      return some(
        named(all, (client) => isThere(client) && isValue(client.labels[key])),
        mayBeNobody,
      );
    },
  }));

const listed = fc.oneof(
  fc.constantFrom('0', '1', '2', '07', '12').map((number) => ({ text: number, numbers: [number] })),
  fc.constantFrom(
    { text: '1-3', numbers: ['1', '2', '3'] },
    { text: '0-1', numbers: ['0', '1'] },
    { text: '07-08', numbers: ['07', '08'] },
    { text: '2-2', numbers: ['2'] },
  ),
);
/** Each name must be known; with a trailing `*` each must match. */
const numbers: fc.Arbitrary<ModelAtom> = fc
  .tuple(fc.constantFrom(...stems), fc.array(listed, { minLength: 1, maxLength: 3 }), fc.constantFrom('', '', '*'))
  .filter(([, list]) => list.length > 1 || (list[0]?.text.includes('-') ?? false))
  .map(([stem, list, rest]) => ({
    text: `${stem}[${list.map(({ text }) => text).join(',')}]${rest}`,
    means: (all, mayBeNobody) => {
      const names = new Set<string>();
      for (const number of list.flatMap((one) => one.numbers)) {
        const start = `${stem}${number}`;
        const matches =
          rest === ''
            ? named(all, ({ name }) => name === start)
            : named(all, (client) => isThere(client) && client.name.startsWith(start));
        if (matches.size === 0 && (rest === '' || !mayBeNobody)) return 'nobody';
        for (const name of matches) names.add(name);
      }
      return names;
    },
  }));

const atom = fc.oneof(plainName, word, glob, label, numbers);
const term = fc.record({
  isExclusion: fc.nat(3).map((one) => one === 0),
  atoms: fc.oneof({ weight: 2, arbitrary: atom.map((one) => [one]) }, fc.array(atom, { minLength: 2, maxLength: 3 })),
});

/** A target and clients, with the clients that it selects. */
export const targetAndClients = fc
  .tuple(fc.array(term, { minLength: 1, maxLength: 3 }), clients)
  .map(([terms, all]) => ({
    text: terms
      .map(({ isExclusion, atoms }) => `${isExclusion ? '!' : ''}${atoms.map(({ text }) => text).join('+')}`)
      .join(','),
    clients: all,
    meaning: meaningOf(terms, all),
  }));

function meaningOf(
  terms: readonly { readonly isExclusion: boolean; readonly atoms: readonly ModelAtom[] }[],
  all: readonly ModelClient[],
): Meaning {
  if (terms.every(({ isExclusion }) => isExclusion)) return 'malformed';
  const union = new Set<string>();
  const leftOut = new Set<string>();
  for (const { isExclusion, atoms } of terms) {
    let both: ReadonlySet<string> | undefined;
    for (const { means } of atoms) {
      const names = means(all, isExclusion);
      if (typeof names === 'string') return names;
      both = both ? new Set([...both].filter((name) => names.has(name))) : names;
    }
    if (both?.size === 0 && !isExclusion) return 'nobody';
    for (const name of both ?? []) (isExclusion ? leftOut : union).add(name);
  }
  const left = new Set([...union].filter((name) => !leftOut.has(name)));
  return left.size === 0 ? 'nobody' : left;
}
