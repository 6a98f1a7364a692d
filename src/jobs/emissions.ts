import type { CommandContract, FromClient, Message, MessageId, Stream } from '../../schemas/index.ts';
import type { JobNews } from './events.ts';
import type { JobEffects } from './job-effects.ts';
import type { JobIds } from './job-id.ts';
import type { JobRecord } from './job-record.ts';
import type { KnownJobs } from './known-jobs.ts';
import type { Transitions } from './transitions.ts';

/** Output, records and progress of running jobs. Each item is reported once. Items that were taken are acked. */
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

  /** @throws SignalboxError `bad_message` if the output exceeds the credit of its stream. */
  output(client: string, { id, stream, offset, data }: Message<FromClient, 'output'>): void {
    const job = this.unsettled(client, id);
    const end = offset + data.length;
    if (!job) {
      this.effects.send(client, { type: 'output-ack', id, stream, offset: end });
      return;
    }
    const { receivedOutput } = job;
    const received = receivedOutput.offsets[stream];
    receivedOutput.takeCredit(stream, offset, data.length);
    if (end <= received) {
      this.ack(job, stream, end);
      return;
    }
    const missing = receivedOutput.skipTo(stream, offset);
    const fresh = Buffer.from(data.subarray(Math.max(0, received - offset)));
    receivedOutput.append(stream, fresh);
    this.effects.tell(job, { type: 'output', stream, offset: end - fresh.length, data: fresh, ...missing });
  }

  /**
   * @param contract of its command; undefined if this server does not know the command.
   * @throws SignalboxError `bad_message` if the records exceed the credit.
   */
  records(
    client: string,
    { id, offset, values }: Message<FromClient, 'records'>,
    contract: CommandContract | undefined,
  ): void {
    const job = this.unsettled(client, id);
    const end = offset + values.length;
    if (!job) {
      this.effects.send(client, { type: 'records-ack', id, offset: end });
      return;
    }
    job.receivedRecords.takeCredit(offset, values.length);
    if (end <= job.receivedRecords.next) this.ackRecords(job, end);
    else this.effects.tell(job, { type: 'records', ...job.receivedRecords.take(offset, values, contract), end });
  }

  /** Acks output and records that have left this process. Those of a job that has ended are acked with the job. */
  taken(job: JobRecord, news: JobNews): void {
    // A lost job may still be running at its client, and needs credit.
    if (job.settlement && job.settlement.outcome !== 'lost') return;
    if (news.type === 'records') this.ackRecords(job, news.end);
    // News without bytes only report that the last bytes are missing.
    else if (news.type === 'output' && news.data.length > 0) this.ack(job, news.stream, news.offset + news.data.length);
  }

  /** Records whether the program of a job is blocked until its output is received. */
  outputFull(client: string, { id, full }: Message<FromClient, 'output-full'>): void {
    const job = this.unsettled(client, id);
    if (job) this.transitions.outputFull(job, full);
  }

  progress(client: string, { id, fraction, note }: Message<FromClient, 'progress'>): void {
    const job = this.unsettled(client, id);
    if (job) this.transitions.progressed(job, fraction, note);
  }

  private unsettled(client: string, id: MessageId): JobRecord | undefined {
    const job = this.jobs.find(this.ids.local(id), client);
    return job?.state === 'settled' ? undefined : job;
  }

  private ackRecords(job: JobRecord, end: number): void {
    job.receivedRecords.acked(end);
    this.effects.send(job.client, { type: 'records-ack', id: job.localId, offset: end });
  }

  private ack(job: JobRecord, stream: Stream, offset: number): void {
    job.receivedOutput.acked(stream, offset);
    this.effects.send(job.client, { type: 'output-ack', id: job.localId, stream, offset });
  }
}
