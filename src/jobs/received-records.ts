import { SignalboxError } from '../../schemas/errors.ts';
import type { CommandContract } from '../../schemas/index.ts';
import { limits } from '../../schemas/limits.ts';
import { Queue } from '../queue.ts';
import { sizeOfValue } from '../size-of-value.ts';
import { StreamCredit } from '../stream-credit.ts';
import { Arrival } from './arrival.ts';

/** A value that a job emits in addition to output, checked against `records` of its contract. */
export interface EmittedRecord {
  /** Index among the job's records, from 0. */
  readonly offset: number;
  readonly value: unknown;
}

/** The received records of a job: offset, losses, and the newest ones. */
export class ReceivedRecords {
  private readonly arrival = new Arrival();
  private readonly kept = new Queue<{ readonly record: EmittedRecord; readonly bytes: number }>();
  private readonly credit = new StreamCredit(limits.recordsCredit);
  keptBytes = 0;

  /** Offset of the next record. */
  get next(): number {
    return this.arrival.next;
  }

  /** Number of records that were lost or do not match the contract. */
  get lost(): number {
    return this.arrival.lost;
  }

  /** The client sends again, with full credit. */
  fetched(): void {
    this.credit.reset();
  }

  /** @throws SignalboxError `bad_message` if the client has sent more than its credit. */
  takeCredit(offset: number, count: number): void {
    if (count > this.credit.left) {
      const text = `records exceed the credit of ${limits.recordsCredit} beyond the last ack`;
      throw new SignalboxError('bad_message', text);
    }
    this.credit.add(offset, count);
  }

  /** An ack for the records before `offset` was sent to the client. */
  acked(offset: number): void {
    this.credit.ack(offset);
  }

  /** Another server has received everything before `offset`. */
  takenElsewhere(offset: number): void {
    this.arrival.takenElsewhere(offset);
  }

  get tail(): EmittedRecord[] {
    return Array.from(this.kept, ({ record }) => record);
  }

  /** @returns the new records that match the contract, and the number missing before the last one. */
  take(
    offset: number,
    values: readonly unknown[],
    contract?: CommandContract,
  ): { records: EmittedRecord[]; lost: number } {
    const lostBefore = this.lost;
    const fresh = values.slice(Math.max(0, this.next - offset));
    this.arrival.skipTo(offset);
    const records: EmittedRecord[] = [];
    for (const raw of fresh) {
      const record = recordOf(this.next, raw, contract);
      if (record) {
        records.push(record);
        this.keep(record, sizeOfValue(raw));
      } else this.arrival.lost += 1;
      this.arrival.next += 1;
    }
    return { records, lost: this.lost - lostBefore };
  }

  private keep(record: EmittedRecord, bytes: number): void {
    this.kept.push({ record, bytes });
    this.keptBytes += bytes;
    while (this.keptBytes > limits.maxRecordsKeptBytes) this.keptBytes -= this.kept.shift()?.bytes ?? this.keptBytes;
  }
}

/** Records of unknown commands are kept unchanged. A contract without `records` accepts none. */
function recordOf(offset: number, raw: unknown, contract: CommandContract | undefined): EmittedRecord | undefined {
  if (!contract) return { offset, value: raw };
  const parsed = contract.records?.safeParse(raw);
  return parsed?.success ? { offset, value: parsed.data } : undefined;
}
