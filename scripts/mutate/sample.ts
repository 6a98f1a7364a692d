import { createHash } from 'node:crypto';
import type { Mutation } from './mutations.ts';

export interface Mutant extends Mutation {
  /** `FILE:LINE:COLUMN:KIND`; stable while the file does not change. */
  readonly id: string;
  readonly file: string;
}

export function mutantsOf(file: string, source: string, mutations: readonly Mutation[]): Mutant[] {
  return mutations.map((mutation) => {
    const before = source.slice(0, mutation.start).split('\n');
    return { ...mutation, file, id: `${file}:${before.length}:${(before.at(-1)?.length ?? 0) + 1}:${mutation.kind}` };
  });
}

/**
 * All mutants, each kind in turn, in an order that depends only on the seed and the ids: adding or removing a mutant does
 * not change the order of the others.
 */
export function shuffled(mutants: readonly Mutant[], seed: string): Mutant[] {
  const rank = ({ id }: Mutant) => createHash('sha256').update(`${seed} ${id}`).digest('hex');
  const ranked = mutants.map((mutant) => ({ mutant, rank: rank(mutant) })).sort((a, b) => (a.rank < b.rank ? -1 : 1));
  const ofKind = new Map<string, number>();
  return ranked
    .map(({ mutant }) => {
      const turn = ofKind.get(mutant.kind) ?? 0;
      ofKind.set(mutant.kind, turn + 1);
      return { mutant, turn };
    })
    .sort((a, b) => a.turn - b.turn)
    .map(({ mutant }) => mutant);
}
