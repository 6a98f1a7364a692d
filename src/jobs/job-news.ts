import type { ServerEvent } from './events.ts';
import type { JobRecord } from './job-record.ts';
import type { JobNews } from './job-table.ts';

/** The public event for news of a job. With `latency`, the way there and back is part of a result. */
export function eventOf(entry: JobRecord, news: JobNews, latency?: { lagMs: number | undefined }): ServerEvent {
  const { id, client, command, adopted } = entry;
  const job = { id, client, command, ...(adopted && { adopted }) };
  switch (news.type) {
    case 'accepted':
      return { type: 'accepted', ...job };
    case 'progress':
      return { type: 'progress', ...job, fraction: news.fraction, ...(news.note !== undefined && { note: news.note }) };
    case 'output': {
      const { stream, offset, data, lostBytes, takenBytes } = news;
      const missing = { ...(lostBytes > 0 && { lostBytes }), ...(takenBytes > 0 && { takenBytes }) };
      return { type: 'output', ...job, stream, offset, data, ...missing };
    }
    case 'late':
      return { type: 'late', ...job, ...news.settlement };
    case 'settled': {
      const { outcome, result, error, durationMs, lostOutput, outputError } = news.settlement;
      if (outcome === 'rejected') return { type: 'rejected', ...job, error: error ?? noReason };
      return {
        type: 'result',
        ...job,
        outcome,
        ...(result !== undefined && { result }),
        ...(error && { error }),
        ...(durationMs !== undefined && { durationMs }),
        ...(lostOutput && { lostOutput }),
        ...(outputError !== undefined && { outputError }),
        ...(latency && entry.roundTripMs !== undefined && { roundTripMs: Math.round(entry.roundTripMs * 100) / 100 }),
        ...(latency?.lagMs !== undefined && { lagMs: latency.lagMs }),
      };
    }
    default:
      return news satisfies never;
  }
}

const noReason = { code: 'internal' as const, message: 'the client gave no reason' };
