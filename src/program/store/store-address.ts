/** An address of `--store`. */
export type StoreAddress =
  | { readonly kind: 'memory' }
  /** Without a path: the default store of a server. */
  | { readonly kind: 'sqlite'; readonly path: string | undefined }
  /** A store of a plug-in. */
  | { readonly kind: 'plugin'; readonly scheme: string };

export const addressForm = 'memory, sqlite, sqlite:PATH or an address such as postgres://HOST/DATABASE';

/** @returns undefined for an invalid address. */
export function parseStoreAddress(text: string): StoreAddress | undefined {
  if (text === 'memory') return { kind: 'memory' };
  if (text === 'sqlite') return { kind: 'sqlite', path: undefined };
  const [, scheme = '', rest = ''] = /^([a-z][a-z0-9+.-]*):(.+)$/s.exec(text) ?? [];
  if (scheme === 'sqlite') return { kind: 'sqlite', path: rest };
  return scheme !== '' && rest.startsWith('//') ? { kind: 'plugin', scheme } : undefined;
}

/** Whether an address contains a password: everybody who can list processes can read a command line. */
export function hasPassword(text: string): boolean {
  if (parseStoreAddress(text)?.kind !== 'plugin') return false;
  const url = URL.parse(text);
  // URL does not find a password that contains / or #: it parses the text before that as a port.
  const names = url ? text.replaceAll(/[?&][\w.-]+=[^&#]*/g, '') : text;
  return /\/\/[^@]*:[^@]*@/.test(names) || url?.searchParams.has('password') === true;
}
