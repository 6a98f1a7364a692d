import type { Control } from '../../plugin/interceptor.ts';
import type { Event, Observer } from '../../plugin/observer.ts';
import { type LeftOut, Throttle } from '../../throttle.ts';
import { adoptions, visits, wrongs } from '../record-bounds.ts';
import { type AuditRecord, recordOf, recordsOf } from './audit-record.ts';

/** Counts records of one kind that were not written. Their source is absent if there were several. */
interface LeftOutRecord {
  readonly event: 'left-out';
  /** When it was written. */
  readonly ts: number;
  readonly of: AuditRecord['event'];
  readonly count: number;
  readonly client?: string;
  readonly credential?: string;
  readonly address?: string;
  readonly allowed?: boolean;
  readonly code?: string;
}

export type WrittenRecord = AuditRecord | LeftOutRecord;

/**
 * The audit as written to files. Rate-limits records that peers can trigger and counts those suppressed. Commands of
 * this server and their outcomes are always written.
 */
export class BoundedAudit implements Observer, Disposable {
  readonly name = 'audit';
  private readonly write: (record: WrittenRecord) => void;
  private readonly denied = this.throttle(wrongs);
  private readonly refused = this.throttle(wrongs);
  private readonly violations = this.throttle(wrongs);
  private readonly handshakes = this.throttle(visits);
  private readonly joined = this.throttle(visits);
  private readonly left = this.throttle(visits);
  private readonly adopted = this.throttle(adoptions);

  constructor(write: (record: WrittenRecord) => void) {
    this.write = write;
  }

  on(event: Event): void {
    const record = recordOf(event);
    if (record && this.admits(record)) this.write(record);
  }

  controlled(call: Control): void {
    for (const record of recordsOf(call, Date.now())) this.write(record);
  }

  /** Writes the pending counts. */
  [Symbol.dispose](): void {
    const { denied, refused, violations, handshakes, joined, left, adopted } = this;
    for (const throttle of [denied, refused, violations, handshakes, joined, left, adopted]) throttle[Symbol.dispose]();
  }

  private admits(record: AuditRecord): boolean {
    switch (record.event) {
      case 'handshake':
        return record.allowed
          ? this.handshakes.admits(`${record.credential} ${record.address}`, record)
          : this.denied.admits(record.address, record);
      case 'joined':
        return this.joined.admits(record.client, record);
      case 'left':
        return this.left.admits(record.client, record);
      case 'refused':
        return this.refused.admits(`${record.client} ${record.code}`, record);
      case 'violation':
        return this.violations.admits(`${record.client} ${record.code}`, record);
      case 'outcome':
        return !record.adopted || this.adopted.admits(record.client ?? '', record);
      default:
        return true;
    }
  }

  private throttle(bound: typeof wrongs): Throttle<AuditRecord> {
    return new Throttle<AuditRecord>({ ...bound, onLeftOut: (leftOut) => this.write(leftOutRecord(leftOut)) });
  }
}

function leftOutRecord({ newest, count, isMixed }: LeftOut<AuditRecord>): LeftOutRecord {
  const about = { event: 'left-out', ts: Date.now(), of: newest.event, count } as const;
  const allowed = newest.event === 'handshake' && { allowed: newest.allowed };
  if (isMixed) return { ...about, ...allowed };
  if (newest.event === 'handshake') {
    const { address, credential } = newest;
    return { ...about, ...allowed, address, ...(credential !== undefined && { credential }) };
  }
  const code = (newest.event === 'refused' || newest.event === 'violation') && { code: newest.code };
  const client = 'client' in newest ? newest.client : undefined;
  return { ...about, ...(client && { client }), ...code };
}
