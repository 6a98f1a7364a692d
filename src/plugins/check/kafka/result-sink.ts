import type { KafkaAccount } from '../contracts/kafka-account.ts';
import type { CheckRecord } from '../contracts/result.ts';
import type { Tally } from './result-buffer.ts';
import { resultMessage } from './result-message.ts';
import type { TopicSender } from './topic-sender.ts';

interface SinkOptions {
  readonly to: string;
  readonly client: string;
  readonly job: string;
  readonly sender: TopicSender;
  readonly onEnd: () => Promise<void>;
}

/** How long the end of a job waits for its waiting results to be sent. */
const flushMs = 3_000;

/** Where the results of a job go. */
export class ResultSink {
  private readonly options: SinkOptions;
  private readonly tally: Tally = { delivered: 0, waiting: 0, dropped: 0 };
  private seq = 0;

  constructor(options: SinkOptions) {
    this.options = options;
  }

  put(record: CheckRecord): void {
    const { client, job, sender } = this.options;
    this.seq += 1;
    sender.add({ ...resultMessage(record, { client, job, seq: this.seq }), atMs: record.atMs, tally: this.tally });
  }

  get account(): KafkaAccount {
    const { to, sender } = this.options;
    return { to, ...this.tally, fault: sender.fault ?? null };
  }

  /** Waits up to 3 s for the results of the job to be sent, but not while delivery fails. The client continues to send the rest. */
  async end(): Promise<KafkaAccount> {
    const { sender, onEnd } = this.options;
    await sender.until(() => this.tally.waiting === 0, sender.fault === undefined ? flushMs : 0);
    const { account } = this;
    await onEnd();
    return account;
  }
}
