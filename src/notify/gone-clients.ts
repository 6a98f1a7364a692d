import { z } from 'zod';
import type { Event } from '../jobs/events.ts';
import type { ClientView } from '../plugin/client-view.ts';
import type { Collection } from '../store/collection.ts';
import { Kept } from './kept.ts';
import type { Note } from './note.ts';

const awaySchema = z.object({ sinceMs: z.number(), isTold: z.literal(true).optional() });
type Away = z.output<typeof awaySchema>;

/** Clients that are away. A client that is away for longer than `lostAfterMs` is gone. */
export class GoneClients {
  private readonly kept: Kept<Away>;
  private readonly lostAfterMs: number;
  /** Clients could not return before this server started, so their time begins here. */
  private startedMs: number;
  private readonly away = new Map<string, Away>();
  private readonly changed = new Set<string>();

  constructor(collection: Collection<Away>, { lostAfterMs, startedMs }: { lostAfterMs: number; startedMs: number }) {
    this.kept = new Kept(collection);
    this.lostAfterMs = lostAfterMs;
    this.startedMs = startedMs;
  }

  /** @param clients the current ones, of which some may be away already. */
  async load(clients: readonly ClientView[]): Promise<void> {
    for await (const [client, value] of this.kept.load()) {
      const away = awaySchema.safeParse(value).data;
      if (away) this.away.set(client, away);
    }
    for (const { name, state } of clients) {
      if (state === 'offline' && !this.away.has(name)) this.put(name, { sinceMs: this.startedMs });
    }
  }

  take(event: Event): void {
    if (event.type === 'client.joined' || event.type === 'client.forgotten') {
      if (this.away.delete(event.client)) this.changed.add(event.client);
    } else if (event.type === 'client.state' && event.state === 'offline' && !this.away.has(event.client)) {
      this.put(event.client, { sinceMs: event.atMs });
    }
  }

  /** Notes about clients that are gone, each once. */
  due(nowMs: number): Note[] {
    this.stayBehind(nowMs);
    const gone = [...this.away].filter(([, away]) => this.goneAtMs(away) <= nowMs);
    return gone.map(([client, away]) => {
      this.put(client, { ...away, isTold: true });
      const since = new Date(away.sinceMs).toISOString();
      return { event: 'client.gone', client, atMs: away.sinceMs, text: `${client} has been gone since ${since}` };
    });
  }

  nextDueMs(nowMs: number): number {
    this.stayBehind(nowMs);
    let nextMs = Number.POSITIVE_INFINITY;
    for (const away of this.away.values()) nextMs = Math.min(nextMs, this.goneAtMs(away));
    return nextMs;
  }

  async save(): Promise<void> {
    for (const client of this.changed) {
      this.changed.delete(client);
      try {
        const away = this.away.get(client);
        await (away ? this.kept.put(client, away) : this.kept.delete(client));
      } catch (error) {
        this.changed.add(client);
        throw error;
      }
    }
  }

  /** If the clock was set back, times that now lie in the future become now. */
  private stayBehind(nowMs: number): void {
    this.startedMs = Math.min(this.startedMs, nowMs);
    for (const [client, away] of this.away) {
      if (away.sinceMs > nowMs && !away.isTold) this.put(client, { ...away, sinceMs: nowMs });
    }
  }

  private put(client: string, away: Away): void {
    this.away.set(client, away);
    this.changed.add(client);
  }

  private goneAtMs({ sinceMs, isTold }: Away): number {
    return isTold ? Number.POSITIVE_INFINITY : Math.max(sinceMs, this.startedMs) + this.lostAfterMs;
  }
}
