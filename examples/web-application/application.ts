import { readFileSync } from 'node:fs';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { type JobKey, type JobService, run, SignalboxError } from '../../src/index.ts';
import { streamJob } from './stream-job.ts';

/** What a visitor may start. Never take programs or arguments from a request. */
const tasks = new Map([
  ['count', ['sh', '-c', 'for n in 1 2 3 4 5; do echo "step $n"; sleep 1; done']],
  ['disk', ['df', '-h', '/']],
]);
const page = readFileSync(new URL('page.html', import.meta.url));
const statusOf: Partial<Record<SignalboxError['code'], number>> = { no_such_job: 404, no_such_target: 503 };

export function createApplication(service: JobService, shutdown: AbortSignal): RequestListener {
  async function answer({ method, url = '/' }: IncomingMessage, response: ServerResponse): Promise<void> {
    const [first = '', second = '', client, last] = url.split('/').slice(1).map(decodeURIComponent);
    const argv = tasks.get(second);
    if (method === 'GET' && first === '') response.setHeader('content-type', 'text/html').end(page);
    else if (method === 'POST' && first === 'jobs' && argv) await start(argv, response);
    else if (method === 'GET' && first === 'jobs' && client !== undefined && last === 'events') {
      await streamJob(service, { id: second, client }, response, shutdown);
    } else if (method === 'DELETE' && first === 'jobs' && client !== undefined) {
      await cancel({ id: second, client }, response);
    } else response.writeHead(404).end();
  }

  /** Starts a job on the least busy client. */
  async function start(argv: string[], response: ServerResponse): Promise<void> {
    // After a restart of this application, clients need a moment to come back. Without one, submit rejects.
    await service.waitForClients(1, { signal: AbortSignal.timeout(3_000) }).catch(() => {});
    const { id, jobs } = await service.submit('online', run, { argv }, { pick: 1, timeoutMs: 600_000 });
    const location = `/jobs/${id}/${jobs[0]?.client}`;
    response.writeHead(202, { location, 'content-type': 'application/json' }).end(JSON.stringify({ location }));
  }

  async function cancel(job: JobKey, response: ServerResponse): Promise<void> {
    await service.cancel([job]);
    response.writeHead(202).end();
  }

  return (request, response) => {
    answer(request, response).catch((error: unknown) => {
      const { code, message } = SignalboxError.from(error, 'internal');
      if (response.headersSent) response.destroy();
      else response.writeHead(statusOf[code] ?? 500, { 'content-type': 'text/plain' }).end(`${message}\n`);
    });
  };
}
