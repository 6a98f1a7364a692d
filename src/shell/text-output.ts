import type { CommandContract, ServerEvent, SignalboxError } from '../index.ts';
import type { BroadcastReport } from './broadcast.ts';
import { describeEnd, type End, type EndEvent } from './describe-end.ts';
import { formatDuration } from './duration.ts';
import { shortId } from './job-id.ts';
import { type Ending, type Output, type Place, type Sink, type Table, whereOf } from './output.ts';
import { printable, ShellError } from './shell-error.ts';
import { someOf } from './some-of.ts';

const maxPartial = 65_536;

type JobEvent = Extract<ServerEvent, { id: string }>;

/** For people: results to `out`, diagnostics to `err`. A line from a client begins with its name. */
export class TextOutput implements Output {
  private readonly out: Sink;
  private readonly err: Sink;
  private readonly bootId: string;
  private readonly commands: ReadonlyMap<string, CommandContract>;
  private readonly atPrompt: boolean;
  /** Ends of output that no line break has ended yet, by job and stream. */
  private readonly partial = new Map<string, { decoder: InstanceType<typeof TextDecoder>; rest: string }>();
  private last: Promise<void> = Promise.resolve();

  constructor(options: {
    out: Sink;
    err: Sink;
    bootId: string;
    commands: ReadonlyMap<string, CommandContract>;
    atPrompt: boolean;
  }) {
    this.out = options.out;
    this.err = options.err;
    this.bootId = options.bootId;
    this.commands = options.commands;
    this.atPrompt = options.atPrompt;
  }

  event(event: ServerEvent): void | Promise<void> {
    switch (event.type) {
      case 'client':
        return this.client(event);
      case 'refused': {
        const who = event.client ?? event.address;
        const times = event.times ? ` ${event.times} times` : '';
        const subject = who === undefined ? 'others were' : `${who} was`;
        return this.write(this.err, `${subject} refused${times}: ${printable(event.error.message)}`);
      }
      case 'allow-list': {
        const why = event.error && printable(event.error.message);
        return this.write(this.err, why ? `the allow-list stays as it was: ${why}` : 'the allow-list was read again');
      }
      case 'output':
        return this.jobOutput(event);
      case 'rejected':
      case 'result':
        return this.end(event);
      case 'late':
        return this.write(this.out, `${this.head(event)} ${event.outcome} after it had been settled as lost`);
      default:
        return undefined;
    }
  }

  replay({ client, stream, data, lostBytes }: Extract<ServerEvent, { type: 'output' }>): void {
    const lines = new TextDecoder().decode(data).split(/\r?\n/);
    if (lines.at(-1) === '') lines.pop();
    const shown = lines.map((line) => outputLine(client, stream, line));
    if (lostBytes !== undefined) shown.unshift(droppedLine(client, lostBytes));
    void this.write(this.out, shown.join('\n'));
  }

  table<Row extends object>({ rows, columns, empty }: Table<Row>): void {
    if (rows.length === 0) {
      void this.write(this.out, empty);
      return;
    }
    const cells = [columns.map(({ heading }) => heading), ...rows.map((row) => columns.map(({ cell }) => cell(row)))];
    const widths = columns.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
    const lines = cells.map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    );
    void this.write(this.out, lines.map(printable).join('\n'));
  }

  say(text: string): void {
    void this.write(this.out, text);
  }

  group({ id, command, clients, names }: BroadcastReport): void {
    const parts = Object.entries(names).map(([standing, who]) => {
      // Who did as told is a number; who did not has a name: all of them in a script's output, which is kept and searched.
      const named = this.atPrompt ? someOf(who) : who.join(', ');
      return `${who.length} ${standing}${standing === 'completed' ? '' : ` (${named})`}`;
    });
    void this.write(this.out, `all ${clients}: ${shortId(id, this.bootId)} ${command}: ${parts.join(', ')}`);
  }

  note(text: string): void {
    if (this.atPrompt) void this.write(this.out, text);
  }

  status(text: string): void {
    void this.write(this.err, text);
  }

  warn(text: string, place: Place): void {
    void this.write(this.err, `${whereOf(place)}${printable(text)}`);
  }

  error(error: SignalboxError, place?: Place): void {
    const text = error instanceof ShellError ? error.render(place?.text) : printable(error.message);
    void this.write(this.err, `${place ? whereOf(place) : ''}${text}`);
  }

  summary({ counts, unfinished }: Ending, exitCode: number): void {
    const parts = Object.entries({ ...counts, unfinished }).filter(([, count]) => count > 0);
    if (parts.length === 0 || this.atPrompt) return;
    const text = parts.map(([outcome, count]) => `${count} ${outcome}`).join(', ');
    void this.write(this.err, exitCode === 0 ? text : `${text}; exit code ${exitCode}`);
  }

  flush(): Promise<void> {
    return this.last;
  }

  private client({ client, state, reason }: Extract<ServerEvent, { type: 'client' }>): void {
    if (!this.atPrompt && state !== 'offline' && state !== 'unresponsive') return;
    void this.write(this.err, `${client} is ${state}${reason === undefined ? '' : `: ${printable(reason)}`}`);
  }

  private end(event: EndEvent): Promise<void> {
    const { outcome, tookMs, what, way } = describeEnd(event, this.commands);
    const took = tookMs === undefined ? '' : ` in ${formatDuration(tookMs)}`;
    const line = `${this.head(event)} ${outcome}${took}${what === '' ? '' : `: ${what}`}${describeWay(way)}`;
    return this.write(this.out, [...this.takePartials(event), line].join('\n'));
  }

  /** Whole lines of output, each with the name of its client; what is left waits for its end. */
  private jobOutput(event: Extract<ServerEvent, { type: 'output' }>): void | Promise<void> {
    const { client, stream, data, lostBytes } = event;
    const key = `${event.id}/${client}/${stream}`;
    const kept = this.partial.get(key) ?? { decoder: new TextDecoder(), rest: '' };
    const lines = (kept.rest + kept.decoder.decode(data, { stream: true })).split(/\r?\n/);
    kept.rest = lines.pop() ?? '';
    // A line without an end is shown in pieces.
    if (kept.rest.length > maxPartial) {
      lines.push(kept.rest);
      kept.rest = '';
    }
    this.partial.set(key, kept);
    const shown = lines.map((line) => outputLine(client, stream, line));
    if (lostBytes !== undefined) shown.unshift(droppedLine(client, lostBytes));
    return shown.length === 0 ? undefined : this.write(this.out, shown.join('\n'));
  }

  /** What a job has said without a line break at its end. */
  takePartials({ id, client }: JobEvent): string[] {
    const lines: string[] = [];
    for (const stream of ['stdout', 'stderr'] as const) {
      const key = `${id}/${client}/${stream}`;
      const kept = this.partial.get(key);
      const rest = kept && kept.rest + kept.decoder.decode();
      if (rest) lines.push(outputLine(client, stream, rest));
      this.partial.delete(key);
    }
    return lines;
  }

  private head({ id, client, command }: JobEvent): string {
    return `${client}: ${shortId(id, this.bootId)} ${command}`;
  }

  private write(sink: Sink, text: string): Promise<void> {
    const written = sink.write(`${text}\n`);
    written.catch(() => {});
    this.last = Promise.all([this.last, written]).then(() => {});
    this.last.catch(() => {});
    return written;
  }
}

function outputLine(client: string, stream: 'stdout' | 'stderr', line: string): string {
  return `${client} ${stream === 'stdout' ? '|' : '!'} ${line.split('\t').map(printable).join('\t')}`;
}

const droppedLine = (client: string, bytes: number) => `${client} … ${bytes} bytes of output were dropped here`;

function describeWay(way: End['way']): string {
  return way ? ` (round trip ${way.roundTripMs} ms, lag ${way.lagMs} ms)` : '';
}
