import { acceptedEncodings } from '../http/read-body.ts';
import type { CheckPlan } from './check-plan.ts';

/** Given headers that are not secret, and are also sent to other origins. */
const harmless = new Set(['accept', 'accept-language', 'accept-encoding', 'user-agent']);

/** The headers of a request. Given headers are sent to the origin of the given URL. */
export function requestHeaders(plan: CheckPlan, url: URL, method: string): Record<string, string | string[]> {
  const isHome = url.origin === plan.url.origin;
  const headers: Record<string, string | string[]> = {
    host: url.host,
    'user-agent': 'signalbox-check',
    accept: '*/*',
    'accept-encoding': acceptedEncodings,
    connection: 'close',
    ...(method === 'POST' && { 'content-length': '0' }),
  };
  const given = plan.headers.filter(([name]) => isHome || harmless.has(name.toLowerCase()));
  for (const [lowerName, lines] of Map.groupBy(given, ([name]) => name.toLowerCase())) {
    const values = lines.map(([, value]) => value);
    headers[lowerName] = values.length === 1 ? (values[0] ?? '') : values;
  }
  return headers;
}
