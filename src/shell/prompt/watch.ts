import type { JobRef, Server, ServerEvent } from '../../index.ts';

const maxLineBytes = 512;

/** What the prompt shows beside the line, kept up to date by events: counts of clients, and what jobs said last. */
export class Watch implements Disposable {
  /** Of the clients that are connected. */
  private readonly states = new Map<string, string>();
  private readonly lines = new Map<string, string>();
  private readonly unsubscribe: () => void;
  private changed = true;

  constructor(server: Server) {
    for (const { name, state } of server.clients()) this.client(name, state);
    this.unsubscribe = server.subscribe((event) => this.event(event));
  }

  get counts(): { ready: number; online: number } {
    let ready = 0;
    for (const state of this.states.values()) if (state === 'ready') ready += 1;
    return { ready, online: this.states.size };
  }

  lastLine({ id, client }: Pick<JobRef, 'id' | 'client'>): string | undefined {
    return this.lines.get(`${id}/${client}`);
  }

  /** Whether there was news since it was asked last. */
  takeChange(): boolean {
    const { changed } = this;
    this.changed = false;
    return changed;
  }

  [Symbol.dispose](): void {
    this.unsubscribe();
  }

  private client(name: string, state: string): void {
    if (state === 'offline') this.states.delete(name);
    else this.states.set(name, state);
  }

  private event(event: ServerEvent): void {
    this.changed = true;
    if (event.type === 'client') this.client(event.client, event.state);
    else if (event.type === 'output') {
      const end = Buffer.from(event.data.subarray(-maxLineBytes)).toString();
      const line = end.split(/[\r\n]+/).findLast((one) => one.trim() !== '');
      if (line !== undefined) this.lines.set(`${event.id}/${event.client}`, line);
    } else if (event.type === 'result' || event.type === 'rejected') this.lines.delete(`${event.id}/${event.client}`);
  }
}
