/**
 * Where spans are posted. An operator has a collector's address, to which `v1/traces` belongs
 * (OTEL_EXPORTER_OTLP_ENDPOINT), or the whole of it (OTEL_EXPORTER_OTLP_TRACES_ENDPOINT): both will do.
 * @returns undefined where the text is no http or https URL, or holds a password: whoever lists processes would read
 * it.
 */
export function parseTracesUrl(text: string): string | undefined {
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') return undefined;
  url.pathname = url.pathname.replace(/(\/v1\/traces)?\/*$/, '/v1/traces');
  return url.href;
}
