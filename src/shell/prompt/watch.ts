import type { Stream } from '../../../schemas/index.ts';
import type { Server } from '../../plugin/job-service.ts';
import type { JobRef, ServerEvent } from '../../plugin/observer.ts';

const maxLineBytes = 512;

/** What the prompt shows beside the line, kept up to date by events: counts of clients, and what jobs said last. */
export class Watch implements Disposable {
  /** Of the clients that are connected. */
  private readonly states = new Map<string, string>();
  /** What each job said last, and the ends of its streams that this was found in. */
  private readonly said = new Map<string, { line?: string; ends: Partial<Record<Stream, Buffer>> }>();
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
    return this.said.get(`${id}/${client}`)?.line;
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
      const said = this.said.get(`${event.id}/${event.client}`) ?? { ends: {} };
      this.said.set(`${event.id}/${event.client}`, said);
      // A line may come in pieces.
      const before = said.ends[event.stream] ?? Buffer.alloc(0);
      const end = Buffer.concat([before, event.data.subarray(-maxLineBytes)]).subarray(-maxLineBytes);
      said.ends[event.stream] = end;
      const line = end
        .toString()
        .split(/[\r\n]+/)
        .findLast((one) => one.trim() !== '');
      if (line !== undefined) said.line = line;
    } else if (event.type === 'result' || event.type === 'rejected') this.said.delete(`${event.id}/${event.client}`);
  }
}
