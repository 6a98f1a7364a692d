import { clientText } from '../place-name.ts';
import type { Event } from '../plugin/observer.ts';
import type { OwnJobs } from './own-jobs.ts';

/** A command that another actor sent. */
export interface OthersGroup {
  readonly actor: string;
  readonly number: number;
  readonly command: string;
  readonly clients: readonly string[];
  /** Idempotency key. */
  readonly key?: string;
}

/** Groups the jobs that others submit by command. */
export class OthersJobs {
  private readonly own: OwnJobs;
  private readonly tell: (group: OthersGroup) => void;
  private readonly groups = new Map<string, OthersGroup & { readonly clients: string[] }>();
  private willLook = false;

  constructor(own: OwnJobs, tell: (group: OthersGroup) => void) {
    this.own = own;
    this.tell = tell;
    own.onChange(() => this.lookSoon());
  }

  event(event: Event): void {
    if (event.type !== 'job.submitted' || this.own.has(event)) return;
    const { id, actor = 'somebody', number, command, key } = event;
    const client = clientText(event);
    const group = this.groups.get(id);
    if (group) group.clients.push(client);
    else this.groups.set(id, { actor, number, command, clients: [client], ...(key !== undefined && { key }) });
    this.lookSoon();
  }

  /** All jobs of one command are submitted in one turn. */
  private lookSoon(): void {
    if (this.willLook || this.groups.size === 0) return;
    this.willLook = true;
    setImmediate(() => this.look());
  }

  private look(): void {
    this.willLook = false;
    for (const [id, group] of this.groups) {
      const isOwn = this.own.has({ id });
      if (isOwn === undefined) continue;
      this.groups.delete(id);
      if (!isOwn && !this.own.isAside({ id })) this.tell(group);
    }
  }
}
