/** Prefix of the actors of operators. No other actors have it. */
export const operatorPrefix = 'operator:';

/**
 * The part of an actor after `operator:`: the name and, from the second operator of that name on, its generation, as in
 * `ada~2`. An operator that is removed and added again is a different one: it does not own the jobs, submit keys or
 * runs of the former one.
 */
export const identityOf = (name: string, generation: number): string =>
  generation === 1 ? name : `${name}~${generation}`;

/** Splits an identity into name and generation. */
export function partsOf(identity: string): { readonly name: string; readonly generation: number } {
  const [, name = identity, generation = '1'] = /^([^~]*)~([2-9]|[1-9]\d{1,8})$/.exec(identity) ?? [];
  return { name, generation: Number(generation) };
}

/** Undefined if the actor is not an operator. */
export const identityOfActor = (actor: string): string | undefined =>
  actor.startsWith(operatorPrefix) ? actor.slice(operatorPrefix.length) : undefined;
