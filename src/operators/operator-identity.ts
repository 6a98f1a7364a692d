/** How the actor of an operator begins. Nobody else's does. */
export const operatorPrefix = 'operator:';

/**
 * What stands behind `operator:` in an actor: the name, and from the second operator of a name on its generation, `ada~2`. One that
 * is removed and added again is another: neither the jobs nor the submit keys nor the runs of the former one are its own.
 */
export const identityOf = (name: string, generation: number): string =>
  generation === 1 ? name : `${name}~${generation}`;

/** Its name, and which operator of that name it is. */
export function partsOf(identity: string): { readonly name: string; readonly generation: number } {
  const [, name = identity, generation = '1'] = /^([^~]*)~([2-9]|[1-9]\d{1,8})$/.exec(identity) ?? [];
  return { name, generation: Number(generation) };
}

/** Undefined for an actor that is no operator. */
export const identityOfActor = (actor: string): string | undefined =>
  actor.startsWith(operatorPrefix) ? actor.slice(operatorPrefix.length) : undefined;
