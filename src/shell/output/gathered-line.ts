import { clientText } from '../../place-name.ts';
import type { OutputEvent } from './output.ts';

/** Bytes held of one job, and of all jobs of a line. A job that writes more is shown line by line, as without gathering. */
const maxJobBytes = 1024 * 1024;
const maxLineBytes = 64 * 1024 * 1024;

/** Clients with identical output. */
export interface Alike {
  readonly clients: readonly string[];
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
}

interface Kept {
  events: OutputEvent[];
  bytes: number;
  /** Shown without gathering: it wrote too much, or part of its output is missing. */
  isOdd: boolean;
}

/** The output of the jobs of one line, until all of them have ended. */
export class GatheredLine {
  private readonly running: Set<string>;
  private readonly kept = new Map<string, Kept>();
  private bytes = 0;

  constructor(clients: readonly string[]) {
    this.running = new Set(clients);
  }

  /** @returns the output to show now, without gathering. */
  add(event: OutputEvent): readonly OutputEvent[] {
    const client = clientText(event);
    const kept = this.kept.get(client) ?? { events: [], bytes: 0, isOdd: false };
    this.kept.set(client, kept);
    if (kept.isOdd) return [event];
    kept.events.push(event);
    kept.bytes += event.data.length;
    this.bytes += event.data.length;
    const isCut = event.lostBytes !== undefined || event.takenBytes !== undefined;
    if (!isCut && kept.bytes <= maxJobBytes && this.bytes <= maxLineBytes) return [];
    const { events } = kept;
    this.bytes -= kept.bytes;
    kept.isOdd = true;
    kept.events = [];
    return events;
  }

  /** @returns whether all have ended. */
  ended(client: string): boolean {
    this.running.delete(client);
    return this.running.size === 0;
  }

  /** Groups clients with identical output, in the order of their first output. Clients without output are omitted. */
  alike(): Alike[] {
    const groups = new Map<string, Alike & { readonly clients: string[] }>();
    for (const [client, { events, isOdd }] of this.kept) {
      if (isOdd) continue;
      const [stdout, stderr] = [joined(events, 'stdout'), joined(events, 'stderr')];
      const key = `${stdout.length} ${stdout.toString('latin1')}${stderr.toString('latin1')}`;
      const group = groups.get(key) ?? { clients: [] as string[], stdout, stderr };
      group.clients.push(client);
      groups.set(key, group);
    }
    return [...groups.values()];
  }
}

const joined = (events: readonly OutputEvent[], stream: OutputEvent['stream']): Buffer =>
  Buffer.concat(events.filter((event) => event.stream === stream).map(({ data }) => data));
