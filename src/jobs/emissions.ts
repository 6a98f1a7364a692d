import type { CommandContract, FromClient, Message } from '../../schemas/index.ts';
import type { JobEffects } from './job-effects.ts';
import type { JobIds } from './job-id.ts';
import type { KnownJobs } from './known-jobs.ts';
import type { Transitions } from './transitions.ts';

/** Records sent by a client; the first has this offset. */
export interface RecordsSent {
  readonly id: string;
  readonly offset: number;
  readonly values: readonly unknown[];
}

/** Output, records and progress of running jobs. Each item is reported once; taken items are acked. */
export class Emissions {
  private readonly ids: JobIds;
  private readonly jobs: KnownJobs;
  private readonly transitions: Transitions;
  private readonly effects: JobEffects;

  constructor(options: { ids: JobIds; jobs: KnownJobs; transitions: Transitions; effects: JobEffects }) {
    this.ids = options.ids;
    this.jobs = options.jobs;
    this.transitions = options.transitions;
    this.effects = options.effects;
  }

  output(client: string, message: Message<FromClient, 'output'>): void {
    const { id, stream, offset } = message;
    const job = this.unsettled(client, id);
    const end = offset + message.data.length;
    const ack = () => this.effects.send(client, { type: 'output-ack', id, stream, offset: end });
    const received = job?.received[stream] ?? 0;
    if (!job || end <= received) {
      ack();
      return;
    }
    const missing = job.receivedOutput.skipTo(stream, offset);
    const data = Buffer.from(message.data.subarray(Math.max(0, received - offset)));
    job.receivedOutput.append(stream, data);
    this.effects.tell(job, { type: 'output', stream, offset: end - data.length, data, ...missing }, ack);
  }

  /** @param contract of its command; undefined if this server does not know the command. */
  records(client: string, { id, offset, values }: RecordsSent, contract: CommandContract | undefined): void {
    const job = this.unsettled(client, id);
    const end = offset + values.length;
    const ack = () => this.effects.recordsTaken?.(client, id, end);
    if (!job || end <= job.receivedRecords.next) ack();
    else this.effects.tell(job, { type: 'records', ...job.receivedRecords.take(offset, values, contract) }, ack);
  }

  /** Sets whether a job's program is blocked until its output is taken. */
  outputFull(client: string, { id, full }: Message<FromClient, 'output-full'>): void {
    const job = this.unsettled(client, id);
    if (job) this.transitions.outputFull(job, full);
  }

  progress(client: string, { id, fraction, note }: Message<FromClient, 'progress'>): void {
    const job = this.unsettled(client, id);
    if (job) this.transitions.progressed(job, fraction, note);
  }

  private unsettled(client: string, id: string) {
    return this.jobs.of(client).unsettled.get(this.ids.local(id));
  }
}
