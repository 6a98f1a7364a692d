import { limits } from '../../schemas/index.ts';
import { Queue } from '../queue.ts';
import { StreamCredit } from '../stream-credit.ts';
import type { MessageId, Send } from './job-output.ts';

/** Maximum size of a message with several records: fewer than `maxItems` values, and never a full frame. */
const maxBatchBytes = 8_192;

/** Overhead of keeping a record. */
const overheadBytes = 16;

/**
 * The records of a job. They are sent within the credit and kept until the job is acked, up to the newest
 * `maxRecordsKeptBytes`. The server detects dropped records by their offsets.
 */
export class JobRecords {
  private readonly kept = new Queue<{ readonly value: unknown; readonly bytes: number }>();
  private keptBytes = 0;
  /** Offset of the first retained record. */
  private first = 0;
  /** Offset of the next record to send in this session. */
  private next = 0;
  private readonly credit = new StreamCredit(limits.recordsCredit);
  private send: Send | undefined;
  private id: MessageId = '';
  /** The highest offset that any server has acked. */
  taken = 0;

  /** Number of records so far. */
  get end(): number {
    return this.first + this.kept.length;
  }

  /** Whether all have been sent to the session. */
  get isDrained(): boolean {
    return this.next >= this.end;
  }

  add(value: unknown, bytes: number): void {
    this.kept.push({ value, bytes: bytes + overheadBytes });
    this.keptBytes += bytes + overheadBytes;
    this.pump();
    while (this.keptBytes > limits.maxRecordsKeptBytes && this.kept.length > 1) {
      this.keptBytes -= this.kept.shift()?.bytes ?? 0;
      this.first += 1;
    }
  }

  /** Sends to this session from now on, starting at this offset with full credit. */
  attach({
    send,
    id,
    recordsFrom,
  }: {
    readonly send: Send;
    readonly id: MessageId;
    readonly recordsFrom: number;
  }): void {
    this.send = send;
    this.id = id;
    this.next = recordsFrom;
    this.credit.reset();
    this.pump();
  }

  detach(): void {
    this.send = undefined;
  }

  /** The server has the records before `offset`. An ack beyond the records sent counts for those sent. */
  acked(offset: number): void {
    const to = Math.min(offset, this.next);
    this.taken = Math.max(this.taken, to);
    this.credit.ack(to);
    this.pump();
  }

  private pump(): void {
    while (this.send && !this.isDrained && this.credit.left > 0) {
      const offset = Math.max(this.next, this.first);
      const values = this.batch(offset, this.credit.left);
      this.next = offset + values.length;
      this.credit.add(offset, values.length);
      this.send({ type: 'records', id: this.id, offset, values });
    }
  }

  /** The records from `offset` that fit into one message, at least one. */
  private batch(offset: number, max: number): unknown[] {
    const values: unknown[] = [];
    let bytes = 0;
    for (let index = offset - this.first; index < this.kept.length && values.length < max; index += 1) {
      const record = this.kept.at(index);
      bytes += record?.bytes ?? 0;
      if (values.length > 0 && bytes > maxBatchBytes) break;
      values.push(record?.value);
    }
    return values;
  }
}
