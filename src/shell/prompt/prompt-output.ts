import type { SignalboxError } from '../../../schemas/index.ts';
import type { Sink } from '../../host/sink.ts';
import type { KeptOutput, Table } from '../../plugin/builtin-output.ts';
import type { Event } from '../../plugin/observer.ts';
import type { SentGroup } from '../../plugin/sent.ts';
import type { Place } from '../../plugin/statement.ts';
import type { BroadcastReport } from '../broadcast.ts';
import { handled } from '../handled.ts';
import type { OthersGroup } from '../others-jobs.ts';
import type { EndGroup } from '../output/end-group.ts';
import type { Ending, Output } from '../output/output.ts';
import { describeOthers, type TextOutput } from '../output/text.ts';
import { OutputCut } from './output-cut.ts';
import type { Style } from './style.ts';

const maxWhatLength = 400;

const marks: Record<string, [mark: string, colour: 'green' | 'yellow' | 'red']> = {
  completed: ['✓', 'green'],
  cancelled: ['–', 'yellow'],
  expired: ['–', 'yellow'],
  failed: ['✗', 'red'],
  rejected: ['✗', 'red'],
  lost: ['?', 'red'],
};

/** Output of the prompt: that of `inner`, except that the output of a job that floods the screen is cut. */
export class PromptOutput implements Output {
  private readonly inner: TextOutput;
  private readonly out: Sink;
  private readonly style: Style;
  private readonly cut: OutputCut;
  /** Clients that are connected and responsive. */
  private readonly here = new Set<string>();

  constructor(options: {
    /** With `promptEnd` as its `endLine`. */
    inner: TextOutput;
    out: Sink;
    style: Style;
  }) {
    this.inner = options.inner;
    this.out = options.out;
    this.style = options.style;
    this.cut = new OutputCut((text) => this.note(text));
  }

  event(event: Event): void | Promise<void> {
    if (event.type === 'job.settled') this.cut.end(event);
    if (event.type === 'client.state') return this.client(event);
    if (event.type === 'job.output' && !this.cut.admit(event)) return this.inner.skip(event);
    return this.inner.event(event);
  }

  sent(group: SentGroup): void {
    const [first, ...others] = group.jobs;
    if (first) {
      const to = others.length === 0 ? first.client : `${group.jobs.length} clients`;
      this.note(`${group.number} ${first.command} → ${to}`);
    }
    this.inner.sent(group);
  }

  others(group: OthersGroup): void {
    this.note(describeOthers(group));
  }

  replay(output: KeptOutput): void {
    this.inner.replay(output);
  }

  table<Row extends object>(table: Table<Row>): void {
    this.inner.table(table);
  }

  get columns(): number | undefined {
    return this.inner.columns;
  }

  say(text: string): void {
    this.inner.say(text);
  }

  group(report: BroadcastReport): void {
    this.inner.group(report);
  }

  note(text: string): void {
    handled(this.out.write(`${this.style('dim', text)}\n`));
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

  flush(): Promise<void> {
    return this.inner.flush();
  }

  /** Ready and unready clients are counted next to the line; only joining, leaving and unresponsive ones are reported. */
  private client(event: Extract<Event, { type: 'client.state' }>): void | Promise<void> {
    const { client, state } = event;
    if (state === 'offline' || state === 'unresponsive') this.here.delete(client);
    else if (this.here.has(client)) return undefined;
    else this.here.add(client);
    return this.inner.event(event);
  }
}

/** Formats ended jobs: a mark, the clients, and the command. */
export function promptEnd(style: Style): (group: EndGroup) => string {
  return ({ number, command, outcome, who, took, what, way }) => {
    const [mark = ' ', colour = 'red'] = marks[outcome] ?? [];
    const shown = what.length > maxWhatLength ? `${what.slice(0, maxWhatLength)}… (--output json shows all)` : what;
    const facts = [shown, way === '' ? '' : style('dim', `(${way})`)].filter(Boolean);
    const done = `${style(colour, outcome)}${took === '' ? '' : ` in ${took}`}`;
    const head = `${style(colour, mark)} ${style('bold', who)}  ${number} ${command}  ${done}`;
    return facts.length > 0 ? `${head}  ${facts.join(' ')}` : head;
  };
}
