import type { JobContext } from '../../../index.ts';
import type { AllowedBrokers } from './allowed-brokers.ts';
import { type KafkaAddress, shownAddress, shownBroker } from './kafka-address.ts';
import type { KafkaCredentials } from './kafka-credentials.ts';
import { KafkaLink } from './kafka-link.ts';
import { ResultSink } from './result-sink.ts';

/** Where a check sends its results, and how it authenticates there. */
export interface KafkaTarget {
  readonly address: KafkaAddress;
  /** Name of the credentials file; undefined: none. */
  readonly credentials: string | undefined;
  readonly readCredentials: () => Promise<KafkaCredentials>;
}

/** The links of a client to Kafka. Checks with the same brokers and the same credentials share one link. */
export class KafkaLinks implements AsyncDisposable {
  private readonly allowed: AllowedBrokers;
  private readonly links = new Map<string, KafkaLink>();
  private readonly closing = new Set<Promise<void>>();
  /** Prints a line on the terminal of the client. */
  private print: (line: string) => void = () => {};

  constructor(allowed: AllowedBrokers) {
    this.allowed = allowed;
  }

  /** @throws SignalboxError `not_allowed` if the client may not connect to one of the brokers */
  check({ brokers }: KafkaAddress): void {
    this.allowed.check(brokers);
  }

  /** Opens a sink for the results of a job. The link is released by the `end` of the sink. */
  open({ address, credentials, readCredentials }: KafkaTarget, job: JobContext): ResultSink {
    const { brokers, topic } = address;
    const key = JSON.stringify([brokers.map(shownBroker).sort(), credentials]);
    let link = this.links.get(key);
    if (!link) {
      link = new KafkaLink({ brokers, allowed: this.allowed, readCredentials, clientId: `signalbox-${job.client}` });
      this.links.set(key, link);
    }
    const shared = link;
    shared.users += 1;
    this.print = (line) => job.print(line);
    const sender = shared.sender(topic);
    const onEnd = () => this.release(key, shared);
    return new ResultSink({ to: shownAddress(address), client: job.client, job: job.id, sender, onEnd });
  }

  private async release(key: string, link: KafkaLink): Promise<void> {
    link.users -= 1;
    if (link.users > 0 || link.waiting > 0 || this.links.get(key) !== link) return;
    this.links.delete(key);
    const closed = link[Symbol.asyncDispose]();
    this.closing.add(closed);
    await closed;
    this.closing.delete(closed);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const link of this.links.values()) {
      if (link.waiting > 0) this.print(`${link.waiting} results were not sent to Kafka, and are lost`);
      await link[Symbol.asyncDispose]();
    }
    this.links.clear();
    await Promise.all(this.closing);
  }
}
