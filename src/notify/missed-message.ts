import { randomUUID } from 'node:crypto';
import { digest } from './group.ts';
import type { Message } from './message.ts';

interface Missed {
  readonly count: number;
  /** Number of the last deleted event. */
  readonly upTo: number;
  readonly to: Iterable<string>;
  readonly nowMs: number;
}

/** The message to all channels of rules when events were deleted from the log before rules read them. */
export function missedMessage(sentence: string, { count, upTo, to, nowMs }: Missed): Message {
  const timestamp = new Date(nowMs).toISOString();
  const body = JSON.stringify({ type: 'notify.missed', timestamp, data: { text: sentence, count } });
  return {
    ...{ id: `msg_${digest('missed', randomUUID())}`, body, event: 'notify.missed', text: sentence, count },
    ...{ createdAtMs: nowMs, group: 'missed', token: String(upTo), seq: upTo },
    deliveries: Object.fromEntries([...to].map((name) => [name, { state: 'waiting' as const, attempts: 0 }])),
  };
}
