import type { ConnectionNews } from '../../remote/remote-core.ts';
import { version } from '../../version.ts';

/** Describes news of the connection. */
export function describeNews(news: ConnectionNews): string {
  if (news.type === 'away') return 'the server is away; waiting for it';
  if (news.type === 'missed') return `events were missed: ${news.error.message}`;
  return news.isRestarted ? 'the server is back; it was restarted' : 'the server is back';
}

/** Notice that server and program have different releases. Undefined if they are equal. */
export function describeRelease(server: string): string | undefined {
  if (server === version) return undefined;
  return `the server is Signalbox ${server}, this program ${version}: if something fails, use attach of ${server}`;
}
