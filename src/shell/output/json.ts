import { isUtf8 } from 'node:buffer';
import type { SignalboxError } from '../../../schemas/index.ts';
import { jsonLine } from '../../host/json-line.ts';
import type { Sink } from '../../host/sink.ts';
import type { KeptOutput, Table } from '../../plugin/builtin-output.ts';
import type { Event } from '../../plugin/observer.ts';
import type { Place } from '../../plugin/statement.ts';
import type { BroadcastReport } from '../broadcast.ts';
import { deferred, handled } from '../handled.ts';
import { ShellError } from '../shell-error.ts';
import { jsonFacts } from './json-facts.ts';
import { NewestEvents } from './newest-events.ts';
import type { Ending, Output, OutputEvent } from './output.ts';
import { continuedLength, unfinishedLength } from './utf8-cut.ts';

/** The first bytes of a character, held until its stream sends the others. */
interface HeldBack {
  readonly event: OutputEvent;
  readonly written: PromiseWithResolvers<void>;
}

/**
 * Writes one JSON object per line. `ts` is in epoch ms; for an event, it is the time of the event. Output is cut between
 * characters, so that only bytes that are not UTF-8 are written as base64. While the reader stalls, only the newest
 * progress of each job and the newest state of each client are kept.
 */
export class JsonOutput implements Output {
  private readonly sink: Sink;
  private readonly isLog: boolean;
  private readonly newest = new NewestEvents((event, skipped) => void this.fact(event, skipped));
  /** By job and stream. */
  private readonly heldBack = new Map<string, HeldBack>();
  private last: Promise<void> = Promise.resolve();

  /** @param options.log whether every event has a line, with its number and actor. */
  constructor(sink: Sink, { log = false }: { log?: boolean } = {}) {
    this.sink = sink;
    this.isLog = log;
  }

  event(event: Event): void | Promise<void> {
    if (!this.newest.admits(event)) return undefined;
    switch (event.type) {
      case 'job.output':
        return this.output(event);
      case 'job.settled':
        this.release(keyOf({ ...event, stream: 'stdout' }));
        this.release(keyOf({ ...event, stream: 'stderr' }));
        return this.fact(event);
      default:
        return this.fact(event);
    }
  }

  replay(output: KeptOutput): void {
    const event = { type: 'job.output', atMs: Date.now(), ...output } as const;
    const end = event.data.length - unfinishedLength(event.data);
    const pieces = [slice(event, 0, end), slice(event, end)].filter(({ data }) => data.length > 0);
    for (const piece of pieces.length > 0 ? pieces : [event]) void this.piece(piece, { replay: true });
  }

  table<Row extends object>({ type, rows }: Table<Row>): void {
    for (const row of rows) void this.line({ type, ...row });
  }

  say(_text: string, facts: object): void {
    void this.line({ type: 'answer', ...facts });
  }

  group(report: BroadcastReport): void {
    void this.line({ type: 'group', ...report });
  }

  sent(): void {}

  others(): void {}

  note(): void {}

  status(): void {}

  warn(message: string, { source, line }: Place): void {
    void this.line({ type: 'warning', message, source, line });
  }

  error(error: SignalboxError, place?: Place): void {
    const { code, message } = error;
    const details = error instanceof ShellError ? { at: error.at, hint: error.hint } : {};
    void this.line({
      type: 'error',
      code,
      message,
      ...details,
      ...(place && { source: place.source, line: place.line }),
    });
  }

  summary({ counts, unsent = 0, unfinished }: Ending, exitCode: number): void {
    for (const key of this.heldBack.keys()) this.release(key);
    this.newest.release();
    void this.line({ type: 'summary', ...counts, ...(unsent > 0 && { unsent }), unfinished, exitCode });
  }

  flush(): Promise<void> {
    return this.last;
  }

  private fact(event: Exclude<Event, OutputEvent>, skipped?: number): void | Promise<void> {
    const facts = jsonFacts(event, this.isLog);
    return facts && this.line({ ...facts, ...(skipped !== undefined && { skipped }) }, event.atMs);
  }

  private output(event: OutputEvent): Promise<void> {
    const key = keyOf(event);
    const before = this.heldBack.get(key);
    const joined = before && joinedWith(before.event, event);
    if (before && !joined) this.release(key);
    const whole = joined ?? event;
    const end = whole.data.length - unfinishedLength(whole.data);
    const isHeldBack = end < whole.data.length;
    const written: Promise<void>[] = [];
    if (end > 0 || !isHeldBack) {
      const now = this.piece(slice(whole, 0, end));
      if (joined) now.then(before?.written.resolve, before?.written.reject);
      this.heldBack.delete(key);
      written.push(now);
    }
    if (isHeldBack) {
      const rest = { event: slice(whole, end), written: joined && before && end === 0 ? before.written : deferred() };
      this.heldBack.set(key, rest);
      written.push(rest.written.promise);
    }
    return handled(Promise.all(written).then(() => {}));
  }

  /** Writes the bytes held back of a stream: nothing will complete them. */
  private release(key: string): void {
    const held = this.heldBack.get(key);
    if (!held) return;
    this.heldBack.delete(key);
    this.piece(held.event).then(held.written.resolve, held.written.reject);
  }

  /** Writes UTF-8 as text. After a gap, output may begin inside a character: those bytes become a separate piece. */
  private piece(event: OutputEvent, facts: { replay?: true } = {}): Promise<void> {
    const { atMs, actor: _, ...rest } = { ...event, ...facts, type: 'output' };
    const data = Buffer.from(event.data);
    if (isUtf8(data)) return this.line({ ...rest, data: data.toString('utf8') }, atMs);
    const start = continuedLength(data);
    if (start > 0 && start < data.length && isUtf8(data.subarray(start))) {
      void this.piece(slice(event, 0, start), facts);
      return this.piece(slice(event, start), facts);
    }
    return this.line({ ...rest, data: data.toString('base64'), encoding: 'base64' }, atMs);
  }

  private line<Facts extends { type: string }>(facts: Facts, ts = Date.now()): Promise<void> {
    const { type, ...rest } = facts;
    const text = jsonLine({ type, ts, ...rest });
    this.last = handled(this.sink.write(text));
    this.newest.track(text, this.last);
    return this.last;
  }
}

const keyOf = ({ id, client, stream }: Pick<OutputEvent, 'id' | 'client' | 'stream'>) => `${id}/${client}/${stream}`;

/** Joins two pieces; undefined if bytes between them are missing. */
function joinedWith(before: OutputEvent, event: OutputEvent): OutputEvent | undefined {
  if (event.lostBytes !== undefined || before.offset + before.data.length !== event.offset) return undefined;
  return { ...before, atMs: event.atMs, data: Buffer.concat([before.data, event.data]) };
}

/** A part of a piece. Lost bytes precede its first byte, so only the first part reports them. */
function slice(event: OutputEvent, start: number, end = event.data.length): OutputEvent {
  const { lostBytes, takenBytes, ...rest } = event;
  const missing = { ...(lostBytes !== undefined && { lostBytes }), ...(takenBytes !== undefined && { takenBytes }) };
  return { ...rest, offset: event.offset + start, data: event.data.subarray(start, end), ...(start === 0 && missing) };
}
