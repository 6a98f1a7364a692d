import { type CommandContract, limits } from '../../schemas/index.ts';
import { Arrival } from './arrival.ts';

/** A value that a job emits beside its output, as its contract's `records` has it. */
export interface EmittedRecord {
  /** Which of the job's records it is, from 0. */
  readonly offset: number;
  readonly value: unknown;
}

/** What has come of the records of a job: how far, how many are missing, and the newest ones. */
export class ReceivedRecords {
  private readonly arrival = new Arrival();
  private readonly kept: { readonly record: EmittedRecord; readonly bytes: number }[] = [];
  keptBytes = 0;

  /** The offset of what comes next. */
  get next(): number {
    return this.arrival.next;
  }

  /** How many never came, or did not fit their contract. */
  get lost(): number {
    return this.arrival.lost;
  }

  get tail(): EmittedRecord[] {
    return this.kept.map(({ record }) => record);
  }

  /** @returns those that are new and fit the contract, and how many are missing before the last. */
  take(
    offset: number,
    values: readonly unknown[],
    contract: CommandContract | undefined,
  ): { records: EmittedRecord[]; lost: number } {
    const lostBefore = this.lost;
    const fresh = values.slice(Math.max(0, this.next - offset));
    this.arrival.skipTo(offset);
    const records: EmittedRecord[] = [];
    for (const raw of fresh) {
      const record = recordOf(this.next, raw, contract);
      if (record) {
        records.push(record);
        this.keep(record, sizeOf(raw));
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

/** A command that is not known here has its records as they come; one that declares none has none. */
function recordOf(offset: number, raw: unknown, contract: CommandContract | undefined): EmittedRecord | undefined {
  if (!contract) return { offset, value: raw };
  const parsed = contract.records?.safeParse(raw);
  return parsed?.success ? { offset, value: parsed.data } : undefined;
}

/** About how many bytes a value takes that came over the wire. */
function sizeOf(value: unknown): number {
  if (typeof value === 'string') return 16 + value.length;
  if (typeof value !== 'object' || value === null) return 16;
  if (ArrayBuffer.isView(value)) return 16 + value.byteLength;
  let bytes = 16;
  for (const [key, one] of Object.entries(value)) bytes += key.length + sizeOf(one);
  return bytes;
}
