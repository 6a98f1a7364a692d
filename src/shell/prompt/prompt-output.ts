import type { CommandContract, ServerEvent, SignalboxError } from '../../index.ts';
import type { BroadcastReport } from '../broadcast.ts';
import { describeEnd, type EndEvent } from '../describe-end.ts';
import { formatDuration } from '../duration.ts';
import { foldNames } from '../fold-names.ts';
import { shortId } from '../job-id.ts';
import type { Ending, Output, Place, Sink, Table } from '../output.ts';
import type { TextOutput } from '../text-output.ts';
import { OutputCut } from './output-cut.ts';
import { span } from './span.ts';
import type { Style } from './style.ts';
import { wrap } from './wrap.ts';

const foldMs = 50;
const maxWhatLength = 400;
const maxRemembered = 1_000;

const marks: Record<string, [mark: string, colour: 'green' | 'yellow' | 'red']> = {
  completed: ['✓', 'green'],
  cancelled: ['–', 'yellow'],
  expired: ['–', 'yellow'],
  failed: ['✗', 'red'],
  rejected: ['✗', 'red'],
  lost: ['?', 'red'],
};
const worstFirst = ['lost', 'failed', 'rejected', 'expired', 'cancelled', 'completed'];

/** What has come of one line in the last moment, and how many lines have been said of it. */
interface Ended {
  events: EndEvent[];
  written: PromiseWithResolvers<void>;
  timer: NodeJS.Timeout | undefined;
  lines: number;
}

/**
 * For people at the prompt: outcomes at a glance. Those of one line that come together and say the same are one line, what went
 * wrong first. Output of a job that floods is cut on the screen, with the command that shows all of it.
 */
export class PromptOutput implements Output {
  private readonly inner: TextOutput;
  private readonly out: Sink;
  private readonly bootId: string;
  private readonly commands: ReadonlyMap<string, CommandContract>;
  private readonly style: Style;
  private readonly screen: { readonly columns: number };
  private readonly cut: OutputCut;
  private readonly ended = new Map<string, Ended>();
  private readonly seen = new Map<string, string>();

  constructor(options: {
    inner: TextOutput;
    out: Sink;
    bootId: string;
    commands: ReadonlyMap<string, CommandContract>;
    style: Style;
    screen: { readonly columns: number };
  }) {
    this.inner = options.inner;
    this.out = options.out;
    this.bootId = options.bootId;
    this.commands = options.commands;
    this.style = options.style;
    this.screen = options.screen;
    this.cut = new OutputCut((text) => void this.print(this.style('dim', text)), options.bootId);
  }

  event(event: ServerEvent): void | Promise<void> {
    if (event.type === 'result' || event.type === 'rejected') return this.end(event);
    if (event.type === 'client') return this.client(event);
    if (event.type === 'output' && !this.cut.admit(event)) return undefined;
    return this.inner.event(event);
  }

  replay(event: Extract<ServerEvent, { type: 'output' }>): void {
    this.inner.replay(event);
  }

  table<Row extends object>(table: Table<Row>): void {
    this.inner.table(table);
  }

  get columns(): number {
    return this.screen.columns || 80;
  }

  say(text: string): void {
    this.inner.say(wrap(text, this.columns));
  }

  /** A count, where one line has not said it all. */
  group(report: BroadcastReport): void {
    const ended = this.ended.get(report.id);
    if (ended) this.printEnded(ended);
    this.ended.delete(report.id);
    const isAllWell = report.names.completed?.length === report.clients;
    const isOpen = report.names.running !== undefined || report.names.silent !== undefined;
    if (isOpen || (ended?.lines ?? 0) > (isAllWell ? 3 : 1)) this.inner.group(report);
  }

  note(text: string): void {
    void this.print(this.style('dim', text));
  }

  status(text: string): void {
    this.inner.status(text);
  }

  warn(text: string, place: Place): void {
    this.inner.warn(text, place);
  }

  error(error: SignalboxError, place?: Place): void {
    this.inner.error(error, place);
  }

  summary(ending: Ending, exitCode: number): void {
    this.inner.summary(ending, exitCode);
  }

  async flush(): Promise<void> {
    for (const ended of this.ended.values()) this.printEnded(ended);
    await this.inner.flush();
  }

  /** Ready and unready are counted beside the line; what is told is who comes, goes and falls silent. */
  private client(event: Extract<ServerEvent, { type: 'client' }>): void | Promise<void> {
    const { client, state } = event;
    const before = this.seen.get(client);
    this.seen.set(client, state);
    const isHere = (one: string | undefined) => one !== undefined && one !== 'offline' && one !== 'unresponsive';
    if (isHere(state) && isHere(before)) return undefined;
    return this.inner.event(event);
  }

  private end(event: EndEvent): Promise<void> {
    this.cut.end(event);
    for (const line of this.inner.takePartials(event)) void this.print(line);
    const ended = this.ended.get(event.id) ?? {
      events: [],
      written: Promise.withResolvers<void>(),
      timer: undefined,
      lines: 0,
    };
    this.ended.set(event.id, ended);
    ended.events.push(event);
    ended.timer ??= setTimeout(() => this.printEnded(ended), foldMs);
    return ended.written.promise;
  }

  private printEnded(ended: Ended): void {
    clearTimeout(ended.timer);
    ended.timer = undefined;
    const { events, written } = ended;
    if (events.length === 0) return;
    ended.events = [];
    ended.written = Promise.withResolvers<void>();
    const lines = this.fold(events);
    ended.lines += lines.length;
    this.print(lines.join('\n')).then(written.resolve, written.reject);
    // Of a line for one client nobody asks any more.
    if (this.ended.size > maxRemembered) this.ended.delete(this.ended.keys().next().value ?? '');
  }

  private fold(events: readonly EndEvent[]): string[] {
    const described = events.map((event) => ({ event, ...describeEnd(event, this.commands) }));
    const alike = Map.groupBy(described, ({ outcome, what, way }) => `${outcome} ${way ? '' : what}`);
    const rank = ({ outcome }: { outcome: string }) => worstFirst.indexOf(outcome);
    return [...alike.values()]
      .sort(([a], [b]) => (a && b ? rank(a) - rank(b) : 0))
      .map((ends) => {
        const [first] = ends;
        if (!first) return '';
        const { event, outcome, what } = first;
        const [mark = ' ', colour = 'red'] = marks[outcome] ?? [];
        const who = foldNames(ends.map(({ event: { client } }) => client));
        const took = span(
          ends.flatMap(({ tookMs }) => tookMs ?? []),
          formatDuration,
        );
        const way = span(
          ends.flatMap((end) => end.way?.roundTripMs ?? []),
          (ms) => `${ms} ms`,
        );
        const lag = Math.max(0, ...ends.map((end) => end.way?.lagMs ?? 0));
        const facts = [
          what.length > maxWhatLength ? `${what.slice(0, maxWhatLength)}… (--output json has all of it)` : what,
          way === '' ? '' : this.style('dim', `(round trip ${way}, lag ${lag} ms)`),
        ].filter(Boolean);
        const head = `${shortId(event.id, this.bootId)} ${event.command}`;
        const done = `${this.style(colour, outcome)}${took === '' ? '' : ` in ${took}`}`;
        return `${this.style(colour, mark)} ${this.style('bold', who)}  ${head}  ${done}${facts.length > 0 ? `  ${facts.join(' ')}` : ''}`;
      });
  }

  private print(text: string): Promise<void> {
    const written = this.out.write(`${text}\n`);
    written.catch(() => {});
    return written;
  }
}
