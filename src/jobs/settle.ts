import type { FromServer, Stream } from '../../schemas/index.ts';
import type { JobRecord, OutputEnd, Settlement } from './job-record.ts';
import type { JobEffects } from './job-table.ts';
import type { JobsByClient } from './jobs-by-client.ts';

/** Notes how jobs get on, each step once, and makes it known; acks what a client may forget. */
export class Settling {
  private readonly accounts: JobsByClient;
  private readonly effects: JobEffects;

  constructor(accounts: JobsByClient, effects: JobEffects) {
    this.accounts = accounts;
    this.effects = effects;
  }

  /** @param nowMs undefined where it was accepted some time ago. */
  accepted(entry: JobRecord, nowMs?: number): void {
    if (entry.state !== 'sent' && entry.state !== 'waiting') return;
    if (entry.state === 'sent') this.accounts.of(entry.client).unanswered -= 1;
    entry.state = 'accepted';
    if (nowMs !== undefined) {
      entry.acceptedAtMs = nowMs;
      if (entry.sentAtMs !== undefined) entry.roundTripMs = nowMs - entry.sentAtMs;
    }
    this.effects.tell(entry, { type: 'accepted' }, () => {});
  }

  /** Only for one that is not settled. */
  settle(entry: JobRecord, own: Settlement, outputEnd: OutputEnd = {}): void {
    for (const [stream, offset] of endsOf(outputEnd)) {
      const missing = entry.receivedOutput.skipTo(stream, offset);
      if (missing.lostBytes + missing.takenBytes === 0) continue;
      this.effects.tell(entry, { type: 'output', stream, offset, data: Buffer.alloc(0), ...missing }, () => {});
    }
    const settlement = withLoss(entry, own, outputEnd);
    this.accounts.settle(entry, settlement);
    this.effects.tell(entry, { type: 'settled', settlement }, () => {
      // A `lost` job is acked only when its real outcome arrives.
      if (settlement.outcome !== 'lost') this.written(entry);
    });
  }

  /** An outcome of a job that is none of the unsettled. After `lost` it is told, once. */
  answeredAgain(id: string, client: string, own: Settlement, outputEnd: OutputEnd = {}): void {
    const settled = this.accounts.find(id, client);
    if (settled?.settlement?.outcome === 'lost' && !settled.late) {
      // Output that came after `lost` was not published.
      for (const [stream, offset] of endsOf(outputEnd)) settled.receivedOutput.skipTo(stream, offset);
      const settlement = withLoss(settled, own, outputEnd);
      settled.late = settlement;
      this.effects.tell(settled, { type: 'late', settlement }, () => this.written(settled));
    } else this.ack(id, client);
  }

  ack(id: string, client: string): void {
    this.effects.send(client, ackOf(id));
  }

  /** What the client said of how it ended has left this process. */
  private written(entry: JobRecord): void {
    entry.written = true;
    if (entry.sentAtMs === undefined && !entry.adopted) return;
    this.ack(entry.id, entry.client);
  }
}

const ackOf = (id: string): FromServer => ({ type: 'ack', ids: [id] });

const endsOf = ({ offsets = {} }: OutputEnd) => Object.entries(offsets) as [Stream, number][];

function withLoss({ lostOutput }: JobRecord, settlement: Settlement, { outputError }: OutputEnd): Settlement {
  if (!lostOutput) return settlement;
  return { ...settlement, lostOutput, ...(outputError !== undefined && { outputError }) };
}
