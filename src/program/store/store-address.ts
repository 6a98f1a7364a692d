/** What `--store` names. */
export type StoreAddress =
  | { readonly kind: 'memory' }
  /** Without a path: where a server keeps its jobs by default. */
  | { readonly kind: 'sqlite'; readonly path: string | undefined }
  /** A store of a plug-in. */
  | { readonly kind: 'plugin'; readonly scheme: string };

export const addressForm = 'memory, sqlite, sqlite:PATH or an address such as postgres://HOST/DATABASE';

/** @returns undefined for what names no store. */
export function parseStoreAddress(text: string): StoreAddress | undefined {
  if (text === 'memory') return { kind: 'memory' };
  if (text === 'sqlite') return { kind: 'sqlite', path: undefined };
  const [, scheme = '', rest = ''] = /^([a-z][a-z0-9+.-]*):(.+)$/s.exec(text) ?? [];
  if (scheme === 'sqlite') return { kind: 'sqlite', path: rest };
  return scheme !== '' && rest.startsWith('//') ? { kind: 'plugin', scheme } : undefined;
}

/** Whoever lists processes reads what is on a command line. */
export function hasPassword(text: string): boolean {
  if (parseStoreAddress(text)?.kind !== 'plugin') return false;
  const url = URL.parse(text);
  // One with a / or # in it is none to a URL, which takes what stands before for a port.
  const names = url ? text.replaceAll(/[?&][\w.-]+=[^&#]*/g, '') : text;
  return /\/\/[^@]*:[^@]*@/.test(names) || url?.searchParams.has('password') === true;
}
