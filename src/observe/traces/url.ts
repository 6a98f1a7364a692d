/**
 * Parses the URL of a collector. `v1/traces` is appended unless the URL ends with it, so both the form of
 * OTEL_EXPORTER_OTLP_ENDPOINT and that of OTEL_EXPORTER_OTLP_TRACES_ENDPOINT are accepted.
 * @returns undefined if the text is not an http or https URL, or contains a password, which anyone who lists processes
 * could read.
 */
export function parseTracesUrl(text: string): string | undefined {
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') return undefined;
  url.pathname = url.pathname.replace(/(\/v1\/traces)?\/*$/, '/v1/traces');
  return url.href;
}
