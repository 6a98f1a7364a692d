import type { OwnPlace } from '../../../index.ts';
import type { KafkaAccount } from '../contracts/kafka-account.ts';

/** Tracks which clients cannot reach Kafka. Many checks share a topic, so each outage is reported once per client and topic. */
export class KafkaFaults {
  private readonly faults = new Set<string>();

  /** Outages that an earlier process reported. */
  recall(client: string, { to, fault }: KafkaAccount): void {
    if (fault !== null) this.faults.add(`${client} ${to}`);
  }

  /** Emits `check.unsent` and `check.sent`. */
  tell(own: OwnPlace, client: string, { to, fault }: KafkaAccount): void {
    const key = `${client} ${to}`;
    if ((fault !== null) === this.faults.has(key)) return;
    const facts = { client, to, fault };
    if (fault === null) {
      this.faults.delete(key);
      own.emit({ name: 'sent', text: `${client} sends its results to ${to} again`, facts });
    } else {
      this.faults.add(key);
      own.emit({
        name: 'unsent',
        text: `${client} cannot send its results to ${to}: ${fault}`,
        isWarning: true,
        facts,
      });
    }
  }
}
