import type { ServerResponse } from 'node:http';
import type { Event, JobKey, JobService } from '../../src/index.ts';

type Output = Pick<Extract<Event, { type: 'job.output' }>, 'stream' | 'offset' | 'data'>;

/** A browser with more waiting bytes is disconnected. It reconnects and starts from the beginning. */
const maxWaitingBytes = 1024 * 1024;

/** Streams a job as server-sent events: `begin`, `output`, both kept and new, and `end` with the outcome. */
export async function streamJob(
  service: JobService,
  job: JobKey,
  response: ServerResponse,
  shutdown: AbortSignal,
): Promise<void> {
  const left = new AbortController();
  response.once('close', () => left.abort());
  // Opened before the kept output is read, so nothing between the two is missed.
  await using events = service.watch({ signal: AbortSignal.any([left.signal, shutdown]) });
  const kept = await service.output(job);
  const { outcome } = await service.get(job);

  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  const send = (event: string, data: unknown) => {
    if (response.destroyed) return;
    response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    if (response.writableLength > maxWaitingBytes) response.destroy();
  };
  const seen = { stdout: 0, stderr: 0 };
  const decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() };
  const sendOutput = ({ stream, offset, data }: Output) => {
    const fresh = data.subarray(Math.max(0, seen[stream] - offset));
    seen[stream] = Math.max(seen[stream], offset + data.length);
    if (fresh.length > 0) send('output', { stream, text: decoders[stream].decode(fresh, { stream: true }) });
  };

  send('begin', job);
  for (const piece of kept) sendOutput(piece);
  if (outcome === undefined) {
    for await (const event of events) {
      if (!('id' in event) || event.id !== job.id || event.client !== job.client) continue;
      if (event.type === 'job.output') sendOutput(event);
      if (event.type === 'job.settled') break;
    }
  }
  const { outcome: end = null, text, error } = await service.get(job);
  if (end !== null) send('end', { outcome: end, text: text ?? error?.message });
  response.end();
}
