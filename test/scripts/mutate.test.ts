import { expect, test } from 'vitest';
import { apply, mutationsOf } from '../../scripts/mutate/mutations.ts';
import { folderOf } from '../../scripts/mutate/rounds.ts';
import { mutantsOf, shuffled } from '../../scripts/mutate/sample.ts';

const faults = (source: string) => mutationsOf('a.ts', source).map((one) => `${one.kind}: ${apply(source, one)}`);

test.each([
  ['if (a) b = c;', ['negate: if (!(a)) b = c;', 'drop-statement: if (a) ;']],
  ['const x = a < b;', ['compare: const x = a <= b;']],
  ['const x = a !== b;', ['compare: const x = a === b;']],
  ['const x = !a;', ['drop-not: const x = a;']],
  ['const x = a && b;', ['logic: const x = ((a) || (b));']],
  ['const x = a ?? b;', ['drop-default: const x = (b);']],
  ['const x = a + b;', ['calculate: const x = a - b;']],
  ['const x = a ? b : c;', ['negate: const x = !(a) ? b : c;']],
  [
    'const x = { key: 1, on: true };',
    ['number: const x = { key: 2, on: true };', 'boolean: const x = { key: 1, on: false };'],
  ],
  ["const x = ['SIGTERM', 'two words'];", ["text: const x = ['', 'two words'];"]],
  ['const x = max(a, b);', ['drop-argument: const x = max(a);']],
  [
    'const x = list.unshift(...a);',
    ['drop-argument: const x = list.unshift();', 'method: const x = list.push(...a);'].reverse(),
  ],
  ['const x = p.finally(f);', ['drop-call: const x = p;', 'drop-argument: const x = p.finally();']],
  ['for (;;) { break; }', ['drop-statement: for (;;) { ; }']],
  ['const f = () => { a(); };', ['empty: const f = () => {};', 'drop-statement: const f = () => { ; };']],
  ['try { } finally { a(); }', ['empty: try { } finally {}', 'drop-statement: try { } finally { ; }']],
])('%s has the faults %j', (source, expected) => {
  expect(faults(source)).toStrictEqual(expected);
});

test.each([
  "import a from 'b';",
  'interface A { b: 1 }',
  "type A = 'b' | 1;",
  "const a = new SignalboxError('code', `two words`);",
  'const a = `text` + c;',
])('%s has none', (source) => {
  expect(faults(source)).toStrictEqual([]);
});

test('a cast has the faults of what it casts', () => {
  expect(faults('const a = (b < c) as unknown;')).toStrictEqual(['compare: const a = (b <= c) as unknown;']);
});

const mutants = (source: string) => mutantsOf('src/a.ts', source, mutationsOf('a.ts', source));

test('the id of a mutant is its file, line, column and kind', () => {
  expect(mutants('let a = 1;\nlet b = true;').map(({ id }) => id)).toStrictEqual([
    'src/a.ts:1:9:number',
    'src/a.ts:2:9:boolean',
  ]);
});

test('a seed always gives the same order, another seed another, and each kind has its turn', () => {
  const source = Array.from({ length: 30 }, (_, n) => `let a${n} = ${n};`).join('\n');
  const all = mutants(`${source}\nlet b = true;`);
  const order = (seed: string) => shuffled(all, seed).map(({ id }) => id);
  expect(order('1')).toStrictEqual(order('1'));
  expect(order('1')).not.toStrictEqual(order('2'));
  expect(order('1').toSorted()).toStrictEqual(all.map(({ id }) => id).toSorted());
  for (const seed of ['1', '2', '3']) expect(order(seed).slice(0, 2)).toContain('src/a.ts:31:9:boolean');
});

test.each([
  ['src/server/clients/roster.ts', 'src/server'],
  ['src/shell/prompt/view.ts', 'src/shell'],
  ['schemas/commands/run.ts', 'schemas'],
  ['src/main.ts', undefined],
])('%s belongs to %s', (file, folder) => {
  expect(folderOf(file)).toBe(folder);
});
