import { limits } from '../../../schemas/limits.ts';
import type { ClientView } from '../../plugin/client-view.ts';
import type { Event } from '../../plugin/observer.ts';

/** A client, as far as completion needs it. */
export type KnownClient = Pick<ClientView, 'name' | 'state' | 'runningJobs'> &
  Partial<Pick<ClientView, 'labels' | 'facts'>>;

/**
 * The clients that a server knows, kept up to date by events. Keeps as many departed clients as the server itself.
 */
export class KnownClients {
  private readonly here = new Map<string, KnownClient['state']>();
  private readonly departed = new Set<string>();
  /** Cached: a new iterator would rescan deleted slots. */
  private readonly oldest = this.departed.values();

  /** Counts of connected clients. */
  get counts(): { ready: number; online: number } {
    let ready = 0;
    for (const state of this.here.values()) if (state === 'ready') ready += 1;
    return { ready, online: this.here.size };
  }

  /** @param running the running jobs. */
  all(running: readonly { readonly client: string | null }[]): KnownClient[] {
    const jobs = new Map<string, number>();
    for (const { client } of running) if (client !== null) jobs.set(client, (jobs.get(client) ?? 0) + 1);
    const states: [name: string, state: KnownClient['state']][] = [
      ...this.here,
      ...[...this.departed].map((name) => [name, 'offline'] as [string, 'offline']),
    ];
    return states.map(([name, state]) => ({ name, state, runningJobs: jobs.get(name) ?? 0 }));
  }

  clear(): void {
    this.here.clear();
    this.departed.clear();
  }

  set(name: string, state: KnownClient['state']): void {
    this.departed.delete(name);
    if (state !== 'offline') {
      this.here.set(name, state);
      return;
    }
    this.here.delete(name);
    this.departed.add(name);
    while (this.departed.size > limits.maxDepartedClients) {
      const { value } = this.oldest.next();
      if (value !== undefined) this.departed.delete(value);
    }
  }

  event(event: Event): void {
    if (event.type === 'client.state') this.set(event.client, event.state);
    else if (event.type === 'client.expected') this.set(event.client, 'offline');
    else if (event.type === 'client.forgotten') this.departed.delete(event.client);
  }
}
