import type { JobContext } from '../../../index.ts';
import { describeResult } from '../contracts/describe-result.ts';
import type { CheckRecord, CheckReport } from '../contracts/result.ts';
import type { ResultSink } from '../kafka/result-sink.ts';

/** With Kafka, the server gets one result per interval, and each result that changes something. */
const everyMs = 60_000;

/** Selects the results of a job that the server gets: all, unless they go to Kafka. */
export class Reports {
  private readonly job: JobContext;
  private readonly sink: ResultSink | undefined;
  private told: CheckReport | undefined;
  /** The newest result. */
  last: CheckRecord | undefined;

  constructor(job: JobContext, sink: ResultSink | undefined) {
    this.job = job;
    this.sink = sink;
  }

  add(record: CheckRecord): void {
    this.last = record;
    const report: CheckReport = this.sink ? { ...record, kafka: this.sink.account } : record;
    if (!isNews(report, this.told)) return;
    this.told = report;
    this.job.record(report);
    this.job.progress(0, `${describeResult(report)}${describeSkipped(report)}${describeKafka(report)}`);
  }
}

/** Whether the server gets it at once. */
export function isNews(report: CheckReport, told: CheckReport | undefined): boolean {
  const { kafka } = report;
  if (!kafka || !told?.kafka) return true;
  if (report.state !== told.state || (kafka.fault === null) !== (told.kafka.fault === null)) return true;
  if (kafka.dropped > 0 && told.kafka.dropped === 0) return true;
  const sinceMs = report.plannedAtMs - told.plannedAtMs;
  // A clock that was set back must not suppress reports.
  return sinceMs >= everyMs || sinceMs < 0;
}

function describeSkipped({ skipped = 0 }: CheckReport): string {
  return skipped === 0 ? '' : `, ${skipped} ${skipped === 1 ? 'time' : 'times'} skipped`;
}

function describeKafka({ kafka }: CheckReport): string {
  if (!kafka) return '';
  const dropped = kafka.dropped === 0 ? '' : `, ${kafka.dropped} results dropped`;
  return kafka.fault === null ? dropped : `; ${kafka.waiting} results wait: ${kafka.fault}${dropped}`;
}
