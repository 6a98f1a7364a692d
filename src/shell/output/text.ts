import type { CommandContract, SignalboxError } from '../../../schemas/index.ts';
import { fewNames, foldNames } from '../../fold-names.ts';
import { printable } from '../../host/printable.ts';
import type { Sink } from '../../host/sink.ts';
import type { KeptOutput, Table } from '../../plugin/builtin-output.ts';
import type { Event, JobRef } from '../../plugin/observer.ts';
import type { SentGroup } from '../../plugin/sent.ts';
import type { Place } from '../../plugin/statement.ts';
import type { BroadcastReport } from '../broadcast.ts';
import { handled } from '../handled.ts';
import type { OthersGroup } from '../others-jobs.ts';
import { ShellError } from '../shell-error.ts';
import type { EndEvent } from './describe-end.ts';
import { EndFold } from './end-fold.ts';
import { type EndGroup, groupEnds } from './end-group.ts';
import { heldElsewhere } from './held-elsewhere.ts';
import { LoadedSchedules } from './loaded-schedules.ts';
import { type Ending, type Output, type OutputEvent, whereOf } from './output.ts';
import { linesOf, OutputLines } from './output-lines.ts';
import { RunEnds } from './run-ends.ts';
import { tableLines } from './table-lines.ts';
import { wrap } from './wrap.ts';

/** A prompt prints a count for a command that completed everywhere if its ends took more lines than this. */
const maxLinesAtPrompt = 3;

/** For people: results to `out`, diagnostics to `err`. A line from a client begins with its name. */
export class TextOutput implements Output {
  private readonly out: Sink;
  private readonly err: Sink;
  private readonly atPrompt: boolean;
  private readonly screenColumns: () => number | undefined;
  private readonly ends: EndFold;
  private readonly outputLines: OutputLines;
  private readonly loaded = new LoadedSchedules((text) => this.write(this.out, text));
  private readonly runEnds = new RunEnds();
  private last: Promise<void> = Promise.resolve();

  constructor(options: {
    out: Sink;
    err: Sink;
    commands: ReadonlyMap<string, CommandContract>;
    atPrompt: boolean;
    /** Width of the screen that shows `out`, in columns. Default: no limit. */
    columns?: () => number | undefined;
    /** Formats jobs that ended alike. Default: plain text. */
    endLine?: (group: EndGroup) => string;
  }) {
    const { commands, endLine = plainEnd } = options;
    this.out = options.out;
    this.screenColumns = options.columns ?? (() => undefined);
    this.err = options.err;
    this.atPrompt = options.atPrompt;
    this.ends = new EndFold((events) => {
      const lines = groupEnds(events, commands).map(endLine);
      return { lines: lines.length, written: this.write(this.out, lines.join('\n'), events.length) };
    });
    // The prompt has a row for each running job, which shows what the job wrote last.
    this.outputLines = new OutputLines({ show: (lines) => void this.printLines(lines), showsRewrites: !this.atPrompt });
  }

  event(event: Event): void | Promise<void> {
    switch (event.type) {
      case 'client.state':
        return this.client(event);
      case 'client.refused': {
        const who = event.client ?? event.address;
        const times = event.times ? ` ${event.times} times` : '';
        const subject = who === undefined ? 'others were' : `${who} was`;
        return this.write(this.err, `${subject} refused${times}: ${printable(event.error.message)}`);
      }
      case 'allow-list': {
        const why = event.error && printable(event.error.message);
        return this.write(this.err, why ? `the allow-list was not changed: ${why}` : 'the allow-list was reloaded');
      }
      case 'workflow.asked': {
        const { run, workflow, task, question } = event;
        const how = `workflow approve ${run}/${task}, or --refuse`;
        return this.write(this.out, printable(`run ${run} of ${workflow} asks: ${question} (${how})`), 1);
      }
      case 'workflow.ended':
        // A script shows the runs that it waits for.
        if (!this.atPrompt) return undefined;
        return this.write(this.out, this.runEnds.end(event), 1);
      case 'schedule.loaded':
        return this.atPrompt ? this.loaded.add(event) : undefined;
      case 'plugin':
        return this.write(this.out, printable(event.text), 1);
      case 'store':
        return this.write(this.err, storeLine(event));
      case 'job.output':
        return this.printLines(this.outputLines.push(event));
      case 'job.settled':
        return this.end(event);
      case 'job.unreachable':
        return this.write(this.out, `${this.headOf(event)} is unreachable: ${event.reason}`, 1);
      case 'job.reachable':
        return this.write(this.out, `${this.headOf(event)} is reachable again`, 1);
      case 'job.late':
        return this.write(this.out, `${this.headOf(event)} ${event.outcome} after it had been settled as lost`, 1);
      default:
        this.runEnds.event(event);
        return undefined;
    }
  }

  /** Skips a piece of output: the output after it does not continue the line before it. */
  skip(event: OutputEvent): void | Promise<void> {
    return this.printLines(this.outputLines.skip(event));
  }

  sent({ id, jobs }: SentGroup): void {
    this.ends.expect(id, jobs.length);
  }

  others(group: OthersGroup): void {
    void this.write(this.out, describeOthers(group));
  }

  replay(output: KeptOutput): void {
    this.answer(linesOf(output).join('\n'));
  }

  get columns(): number | undefined {
    return this.screenColumns();
  }

  table<Row extends object>(table: Table<Row>): void {
    const { rows, empty, note } = table;
    this.answer(rows.length === 0 ? empty : tableLines(table, this.columns).join('\n'));
    if (note !== undefined) this.say(note);
  }

  say(text: string): void {
    this.answer(this.columns === undefined ? text : wrap(text, this.columns));
  }

  /** Prints a count, unless the lines of the ends show it at a glance. */
  group({ id, number, command, clients, names }: BroadcastReport): void {
    const lines = this.ends.finish(id);
    const hasEnded = names.running === undefined && names.silent === undefined;
    const isAllWell = names.completed?.length === clients;
    if (hasEnded && lines > 0 && lines <= (this.atPrompt && isAllWell ? maxLinesAtPrompt : 1)) return;
    const parts = Object.entries(names).map(([standing, who]) => {
      // Completed clients are counted; all others are listed by name.
      const named = standing === 'completed' ? '' : ` (${foldNames(who, this.atPrompt ? fewNames : undefined)})`;
      return `${who.length} ${standing === 'unsent' ? 'not sent' : standing}${named}`;
    });
    void this.write(this.out, `all ${clients}: ${number} ${command}: ${parts.join(', ')}`);
  }

  note(text: string): void {
    if (this.atPrompt) void this.write(this.out, text);
  }

  status(text: string): void {
    this.ends.flush();
    void this.write(this.err, text);
  }

  warn(text: string, place: Place): void {
    void this.write(this.err, `${whereOf(place)}${printable(text)}`);
  }

  error(error: SignalboxError, place?: Place): void {
    this.ends.flush();
    const text = error instanceof ShellError ? error.render(place?.text) : printable(error.message);
    void this.write(this.err, `${place ? whereOf(place) : ''}${text}`);
  }

  summary({ counts, unsent = 0, unfinished }: Ending, exitCode: number): void {
    this.ends.flush();
    void this.printLines(this.outputLines.endAll());
    const cancelled = counts.cancelled - unsent;
    const all = { ...counts, cancelled, 'not sent': unsent, unfinished };
    const parts = Object.entries(all).filter(([, count]) => count > 0);
    if (parts.length === 0 || this.atPrompt) return;
    const text = parts.map(([outcome, count]) => `${count} ${outcome}`).join(', ');
    void this.write(this.err, exitCode === 0 ? text : `${text}; exit code ${exitCode}`);
  }

  flush(): Promise<void> {
    this.ends.flush();
    return this.last;
  }

  private headOf({ client, number, command }: JobRef): string {
    return `${client}: ${number} ${command}`;
  }

  private client({ client, state, reason, elsewhere = 0 }: Extract<Event, { type: 'client.state' }>): void {
    if (!this.atPrompt && state !== 'offline' && state !== 'unresponsive') return;
    void this.write(this.err, `${client} is ${state}${reason === undefined ? '' : `: ${printable(reason)}`}`);
    const held = heldElsewhere([{ name: client, elsewhere }]);
    if (held !== undefined && this.atPrompt) void this.write(this.err, held);
  }

  private end(event: EndEvent): Promise<void> {
    void this.printLines(this.outputLines.end(event));
    return this.ends.add(event);
  }

  /** Answers follow the ends that were collected by then. */
  private answer(text: string): void {
    this.ends.flush();
    void this.write(this.out, text);
  }

  private printLines(lines: readonly string[]): void | Promise<void> {
    return lines.length === 0 ? undefined : this.write(this.out, lines.join('\n'));
  }

  private write(sink: Sink, text: string, outcomes?: number): Promise<void> {
    const written = handled(sink.write(`${text}\n`, outcomes));
    this.last = handled(Promise.all([this.last, written]).then(() => {}));
    return written;
  }
}

/** `local:ana: 7 run → w1`, or for a workflow `run 2, verify: 7 run → w1` */
export function describeOthers({ actor, number, command, clients, key = '' }: OthersGroup): string {
  const to = clients.length === 1 ? clients[0] : `${clients.length} clients`;
  const [, run, task] = /^workflow\/(\d+)\/(.+)\/\d+$/.exec(key) ?? [];
  return `${printable(task === undefined ? actor : `run ${run}, ${task}`)}: ${number} ${command} → ${to}`;
}

function storeLine({ operation, error }: Extract<Event, { type: 'store' }>): string {
  const why = error && printable(error.message);
  switch (operation) {
    case 'prune':
      return why ? `old jobs cannot be deleted: ${why}` : 'old jobs are deleted again';
    case 'find':
      return why
        ? `jobs held by clients cannot be looked up, so these clients get no new jobs: ${why}`
        : 'jobs held by clients are looked up again';
    case 'commit':
      return why ? `${why}; new commands are refused until it is back` : 'the store is back';
  }
}

function plainEnd({ who, number, command, outcome, took, what, way }: EndGroup): string {
  const facts = `${what === '' ? '' : `: ${what}`}${way === '' ? '' : ` (${way})`}`;
  return `${who}: ${number} ${command} ${outcome}${took === '' ? '' : ` in ${took}`}${facts}`;
}
