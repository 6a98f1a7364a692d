/** @returns undefined if the text is not an http or https URL. */
export function parseCheckUrl(text: string, base?: URL): URL | undefined {
  const url = URL.parse(text, base?.href);
  return url && /^https?:$/.test(url.protocol) && url.hostname !== '' ? url : undefined;
}

/** A name or an address; an IPv6 address without brackets. */
export const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[|\]$/g, '');

/** The URL for display: without user, password and fragment. The fragment is never sent. */
export function shownUrl(url: URL): string {
  const shown = new URL(url);
  shown.username = '';
  shown.password = '';
  shown.hash = '';
  return shown.href;
}

/** As `shownUrl`, for a text that may not be a URL. */
export function withoutUserinfo(text: string): string {
  const url = parseCheckUrl(text);
  return url ? shownUrl(url) : text.replace(/\/\/[^/]*@/, '//');
}
