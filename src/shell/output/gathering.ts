import { foldNames } from '../../fold-names.ts';
import type { Sink } from '../../host/sink.ts';
import { keyText } from '../../place-name.ts';
import type { KeptOutput, Table } from '../../plugin/builtin-output.ts';
import type { Event } from '../../plugin/observer.ts';
import type { SentGroup } from '../../plugin/sent.ts';
import type { BroadcastReport } from '../broadcast.ts';
import { deferred, handled } from '../handled.ts';
import { GatheredLine } from './gathered-line.ts';
import type { Output } from './output.ts';
import { linesOf } from './output-lines.ts';

type JobEvent = Extract<Event, { readonly id: string }>;
type Held = { readonly event: JobEvent; readonly taken: PromiseWithResolvers<void> };
type Rest<Name extends keyof Output> = Parameters<Extract<Output[Name], (...args: never[]) => unknown>>;

/**
 * Passes everything to `inner`, except output of gathered lines: that is shown when all their jobs have ended, once for
 * clients with identical output. While such a line is being sent, events of jobs wait, because its own may arrive before
 * its id is known.
 */
export class GatheringOutput implements Output {
  private readonly inner: Output;
  private readonly out: Sink;
  private readonly lines = new Map<string, GatheredLine>();
  /** Reports of lines that have ended but whose last events have not arrived. */
  private readonly reports = new Map<string, BroadcastReport>();
  private sending = 0;
  private early: Held[] = [];
  private last: Promise<void> = Promise.resolve();

  constructor(inner: Output, out: Sink) {
    this.inner = inner;
    this.out = out;
  }

  gather(): (group?: SentGroup) => void {
    this.sending += 1;
    return (group) => {
      this.sending -= 1;
      if (group) this.lines.set(group.id, new GatheredLine(group.jobs.map(keyText)));
      if (this.sending > 0) return;
      const { early } = this;
      this.early = [];
      for (const { event, taken } of early) {
        Promise.resolve(this.event(event)).then(() => taken.resolve(), taken.reject);
      }
    };
  }

  event(event: Event): void | Promise<void> {
    if (!('id' in event)) return this.inner.event(event);
    if (this.sending > 0) {
      const taken = deferred();
      this.early.push({ event, taken });
      return taken.promise;
    }
    const line = this.lines.get(event.id);
    if (!line) return this.inner.event(event);
    if (event.type === 'job.settled') return this.settled(event, line);
    if (event.type !== 'job.output') return this.inner.event(event);
    const shown = line.add(event).map((one) => this.inner.event(one));
    return shown.length === 0 ? undefined : handled(Promise.all(shown).then(() => {}));
  }

  group(report: BroadcastReport): void {
    const line = this.lines.get(report.id);
    const { running, silent } = report.names;
    // All have ended, but their last events are still to come.
    if (line && !running && !silent) this.reports.set(report.id, report);
    else if (line) this.finish(report.id, line);
    if (!this.reports.has(report.id)) this.inner.group(report);
  }

  summary(...given: Rest<'summary'>): void {
    for (const [id, line] of this.lines) {
      this.finish(id, line);
      this.report(id);
    }
    this.inner.summary(...given);
  }

  sent(group: SentGroup): void {
    this.inner.sent(group);
  }

  others(...given: Rest<'others'>): void {
    this.inner.others(...given);
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

  say(...given: Rest<'say'>): void {
    this.inner.say(...given);
  }

  note(text: string): void {
    this.inner.note(text);
  }

  status(text: string): void {
    this.inner.status(text);
  }

  warn(...given: Rest<'warn'>): void {
    this.inner.warn(...given);
  }

  error(...given: Rest<'error'>): void {
    this.inner.error(...given);
  }

  async flush(): Promise<void> {
    await Promise.all([this.last, this.inner.flush()]);
  }

  private settled(event: JobEvent, line: GatheredLine): void | Promise<void> {
    const isLast = line.ended(keyText(event));
    if (isLast) this.finish(event.id, line);
    const shown = this.inner.event(event);
    if (isLast) this.report(event.id);
    return shown;
  }

  private report(id: string): void {
    const report = this.reports.get(id);
    this.reports.delete(id);
    if (report) this.inner.group(report);
  }

  private finish(id: string, line: GatheredLine): void {
    this.lines.delete(id);
    for (const { clients, stdout, stderr } of line.alike()) {
      const rows = [
        ...linesOf({ ...noJob, stream: 'stdout', data: stdout }),
        ...linesOf({ ...noJob, stream: 'stderr', data: stderr }),
      ];
      const text = [`${foldNames(clients)}:`, ...rows].join('\n');
      this.last = handled(Promise.all([this.last, this.out.write(`${text}\n`)]).then(() => {}));
    }
  }
}

const noJob = { id: '', number: 0, client: '', command: '', offset: 0 };
