import { isUtf8 } from 'node:buffer';
import type { ServerEvent, SignalboxError } from '../index.ts';
import type { BroadcastReport } from './broadcast.ts';
import type { ExitCode } from './exit-code.ts';
import type { Ending, Output, Place, Sink, Table } from './output.ts';
import { ShellError } from './shell-error.ts';

/** One JSON object a line, nothing else. `ts` is in epoch ms. Bytes that are not UTF-8 are base64, and say so. */
export class JsonOutput implements Output {
  private readonly sink: Sink;
  private last: Promise<void> = Promise.resolve();

  constructor(sink: Sink) {
    this.sink = sink;
  }

  event(event: ServerEvent): Promise<void> {
    if (event.type === 'refused') return this.line({ ...event, type: 'client', state: 'refused' });
    if (event.type !== 'output') return this.line(event);
    const bytes = Buffer.from(event.data);
    const text = isUtf8(bytes)
      ? { data: bytes.toString('utf8') }
      : { data: bytes.toString('base64'), encoding: 'base64' };
    return this.line({ ...event, ...text });
  }

  log(event: ServerEvent): void {
    void this.event(event);
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

  note(): void {}

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

  summary({ counts, unfinished }: Ending, exitCode: ExitCode): void {
    void this.line({ type: 'summary', ...counts, unfinished, exitCode });
  }

  flush(): Promise<void> {
    return this.last;
  }

  private line<Facts extends { type: string }>(facts: Facts): Promise<void> {
    const { type, ...rest } = facts;
    this.last = this.sink.write(`${JSON.stringify({ type, ts: Date.now(), ...rest })}\n`);
    // Who needs to know of a failure awaits the promise that is returned.
    this.last.catch(() => {});
    return this.last;
  }
}
