import type { OwnPlace } from '../../../index.ts';
import type { KafkaAccount } from '../contracts/kafka-account.ts';

/** Which clients do not get through to Kafka. Many checks send to one topic, so each outage is told once for a client and topic. */
export class KafkaFaults {
  private readonly faults = new Set<string>();

  /** What an earlier process has told. */
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
