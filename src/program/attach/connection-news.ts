import type { ConnectionNews } from '../../remote/remote-core.ts';
import { version } from '../../version.ts';

/** What is said of the connection, in words. */
export function describeNews(news: ConnectionNews): string {
  if (news.type === 'away') return 'the server is away; waiting for it';
  if (news.type === 'missed') return `events were missed: ${news.error.message}`;
  return news.isRestarted ? 'the server is back; it was restarted' : 'the server is back';
}

/** What is said where server and program are of different releases. Undefined where they are not. */
export function describeRelease(server: string): string | undefined {
  if (server === version) return undefined;
  return `the server is Signalbox ${server} and this program ${version}: where something fails, use attach of ${server}`;
}
