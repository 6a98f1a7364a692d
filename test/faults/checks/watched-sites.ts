import { answer, openSite, type Site } from '../../plugins/check/support/bad-site.ts';
import { Changes } from '../../support/changes.ts';

export const sites = Array.from({ length: 50 }, (_, index) => `s${index + 1}`);

const patienceMs = 120_000;

/**
 * Sites that know which client checks which of them. A tenth are down, and `/wide` has a long URL every second time.
 */
export class WatchedSites implements AsyncDisposable {
  private readonly site: Site;
  private readonly seen: Map<string, Set<string>>;
  private readonly changes: Changes;

  private constructor(site: Site, seen: Map<string, Set<string>>, changes: Changes) {
    this.site = site;
    this.seen = seen;
    this.changes = changes;
  }

  static async open(): Promise<WatchedSites> {
    const seen = new Map<string, Set<string>>();
    const changes = new Changes();
    const fine = answer('200 OK', {}, 'fine');
    const long = answer('302 Found', { location: `/end?${'x'.repeat(3_000)}` }, '');
    let wide = 0;
    const site = await openSite({
      '/': (socket, request) => {
        const [, name = '', by = ''] = /site=(\w+)&by=(\w+)/.exec(request.path) ?? [];
        (name.endsWith('0') ? answer('503 Oh', {}, '') : fine)(socket, request);
        seen.get(by)?.add(name);
        changes.tell();
      },
      // Two clients get the same, alternately.
      '/wide': (socket, request) => (Math.floor(wide++ / 2) % 2 === 0 ? fine : long)(socket, request),
      '/end': fine,
    });
    return new WatchedSites(site, seen, changes);
  }

  get origin(): string {
    return this.site.origin;
  }

  /**
   * Resolves when the client has checked each site from now on.
   * @throws Error after two minutes: a check waits for at most one.
   */
  async untilAllCheckedBy(client: string): Promise<void> {
    const names = new Set<string>();
    this.seen.set(client, names);
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      const missing = sites.filter((name) => !names.has(name));
      reject(new Error(`${client} has not checked ${missing.join(', ')} in ${patienceMs} ms`));
    }, patienceMs);
    await Promise.race([this.changes.until(() => names.size === sites.length), late]);
    clearTimeout(timer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.site[Symbol.asyncDispose]();
  }
}
