import type { AllowedBrokers } from './allowed-brokers.ts';
import type { Broker } from './kafka-address.ts';
import type { KafkaCredentials } from './kafka-credentials.ts';
import { KafkaFault } from './kafka-fault.ts';
import { type KafkaProducer, openProducer } from './open-producer.ts';
import { TopicSender } from './topic-sender.ts';

export interface LinkOptions {
  readonly brokers: readonly Broker[];
  readonly allowed: AllowedBrokers;
  readonly clientId: string;
  /** Called for each new producer, so that corrected credentials take effect. */
  readonly readCredentials: () => Promise<KafkaCredentials>;
}

/** The producer that checks of a client share if they send to the same brokers with the same credentials. */
export class KafkaLink implements AsyncDisposable {
  private readonly options: LinkOptions;
  private readonly senders = new Map<string, TopicSender>();
  private readonly ended = new AbortController();
  private opened: Promise<KafkaProducer> | undefined;
  /** Number of jobs that use this link. */
  users = 0;

  constructor(options: LinkOptions) {
    this.options = options;
  }

  sender(topic: string): TopicSender {
    let sender = this.senders.get(topic);
    if (!sender) {
      sender = new TopicSender(topic, () => this.producer(), this.ended.signal);
      this.senders.set(topic, sender);
    }
    return sender;
  }

  /** Number of waiting results, over all topics. */
  get waiting(): number {
    return [...this.senders.values()].reduce((sum, { waiting }) => sum + waiting, 0);
  }

  private async producer(): Promise<KafkaProducer> {
    this.opened ??= this.open();
    const { opened } = this;
    const producer = await opened.catch((error: unknown) => {
      if (this.opened === opened) this.opened = undefined;
      throw error;
    });
    if (!producer.isEnded) return producer;
    if (this.opened === opened) this.opened = undefined;
    return await this.producer();
  }

  private async open(): Promise<KafkaProducer> {
    const { readCredentials, ...options } = this.options;
    const credentials = await readCredentials().catch((error: unknown) => {
      throw new KafkaFault('authentication', error instanceof Error ? error.message : String(error), error);
    });
    const onFault = (fault: KafkaFault) => {
      for (const sender of this.senders.values()) sender.hear(fault);
    };
    return await openProducer({ ...options, credentials, onFault });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.ended.abort();
    const producer = await this.opened?.catch(() => undefined);
    await producer?.[Symbol.asyncDispose]();
    for (const sender of this.senders.values()) await sender.ended();
  }
}
