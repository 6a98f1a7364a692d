/** A text in the arguments of a command that holds secrets. They are named: what is stored and shown has no text of them. */
export interface SecretUse {
  /** Where it is in the arguments. */
  readonly path: readonly (string | number)[];
  /** Text, and secrets by their names, in their order. */
  readonly pieces: readonly (string | { readonly secret: string })[];
}

/** The arguments with other texts where they use secrets. @param textOf what stands there then. */
export function withTexts(
  args: Readonly<Record<string, unknown>>,
  uses: readonly SecretUse[],
  textOf: (pieces: SecretUse['pieces']) => string,
): Record<string, unknown> {
  return uses.reduce<Record<string, unknown>>(
    (changed, { path, pieces }) => put(changed, path, textOf(pieces)) as Record<string, unknown>,
    args,
  );
}

/** What stands for secrets wherever arguments are stored or shown. */
export const placeholder = (pieces: SecretUse['pieces']): string =>
  pieces.map((piece) => (typeof piece === 'string' ? piece : `\${secret.${piece.secret}}`)).join('');

export function valueAt(args: unknown, path: SecretUse['path']): unknown {
  return path.reduce(
    (part, key) =>
      typeof part === 'object' && part !== null && Object.hasOwn(part, key) ? Reflect.get(part, key) : undefined,
    args,
  );
}

/** Whether a text stands in a value, also in a key of it. */
export function holds(value: unknown, text: string): boolean {
  if (typeof value === 'string') return value.includes(text);
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([key, inside]) => key.includes(text) || holds(inside, text));
}

/** Copies what is on the way. */
function put(part: unknown, [key, ...rest]: SecretUse['path'], text: string): unknown {
  if (key === undefined) return text;
  const copy: unknown[] | Record<string, unknown> = Array.isArray(part) ? [...part] : { ...Object(part) };
  Reflect.set(copy, key, put(Reflect.get(copy, key), rest, text));
  return copy;
}
