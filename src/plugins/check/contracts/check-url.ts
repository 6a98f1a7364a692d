/** @returns undefined for what is no URL of http or https. */
export function parseCheckUrl(text: string, base?: URL): URL | undefined {
  const url = URL.parse(text, base?.href);
  return url && /^https?:$/.test(url.protocol) && url.hostname !== '' ? url : undefined;
}

/** A name or an address, without the brackets of one of IPv6. */
export const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[|\]$/g, '');

/** The URL as it may be shown: without user and password, and without the fragment, which does not travel. */
export function shownUrl(url: URL): string {
  const shown = new URL(url);
  shown.username = '';
  shown.password = '';
  shown.hash = '';
  return shown.href;
}

/** The same for what may be no URL at all. */
export function withoutUserinfo(text: string): string {
  const url = parseCheckUrl(text);
  return url ? shownUrl(url) : text.replace(/\/\/[^/]*@/, '//');
}
