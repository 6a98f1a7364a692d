/** Where metrics are served. */
export interface MetricsAddress {
  readonly host: string;
  readonly port: number;
}

/**
 * `[HOST]:PORT`; without a host loopback alone. `:0` is any port that is free.
 * @returns undefined where the text is none.
 */
export function parseMetricsAddress(text: string): MetricsAddress | undefined {
  const [, v6, name, digits] = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]*)):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (digits === undefined || port > 65_535) return undefined;
  return { host: v6 || name || '127.0.0.1', port };
}
