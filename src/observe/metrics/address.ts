/** Where metrics are served. */
export interface MetricsAddress {
  readonly host: string;
  readonly port: number;
}

/**
 * Parses `[HOST]:PORT`. Default host: loopback only. `:0` is any free port.
 * @returns undefined if the text is not valid.
 */
export function parseMetricsAddress(text: string): MetricsAddress | undefined {
  const [, v6, name, digits] = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]*)):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (digits === undefined || port > 65_535) return undefined;
  return { host: v6 || name || '127.0.0.1', port };
}
