/** A text in arguments that contains secrets. Only the names of secrets are stored and shown, not their values. */
export interface SecretUse {
  /** The location in the arguments. */
  readonly path: readonly (string | number)[];
  /** Pieces of text, and names of secrets, in order. */
  readonly pieces: readonly (string | { readonly secret: string })[];
}

/** Returns the arguments with replaced texts where they use secrets. @param textOf returns the replacement. */
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

/** The replacement for secrets wherever arguments are stored or shown. */
export const placeholder = (pieces: SecretUse['pieces']): string =>
  pieces.map((piece) => (typeof piece === 'string' ? piece : `\${secret.${piece.secret}}`)).join('');

export function valueAt(args: unknown, path: SecretUse['path']): unknown {
  return path.reduce(
    (part, key) =>
      typeof part === 'object' && part !== null && Object.hasOwn(part, key) ? Reflect.get(part, key) : undefined,
    args,
  );
}

/** Whether a value contains a text, even in its keys. */
export function holds(value: unknown, text: string): boolean {
  if (typeof value === 'string') return value.includes(text);
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([key, inside]) => key.includes(text) || holds(inside, text));
}

/** Copies the objects along the path. */
function put(part: unknown, [key, ...rest]: SecretUse['path'], text: string): unknown {
  if (key === undefined) return text;
  const copy: unknown[] | Record<string, unknown> = Array.isArray(part) ? [...part] : { ...Object(part) };
  Reflect.set(copy, key, put(Reflect.get(copy, key), rest, text));
  return copy;
}
