import type { JobView, Server } from '../plugin/job-service.ts';

/** Resolves when these jobs have ended, or `signal` has aborted. @returns those that had not ended by then. */
export async function untilSettled(server: Server, jobs: readonly JobView[], signal: AbortSignal): Promise<JobView[]> {
  const pending = new Map(
    jobs.filter(({ state }) => state !== 'settled').map((job) => [`${job.id}/${job.client}`, job]),
  );
  const { promise, resolve } = Promise.withResolvers<void>();
  const look = () => {
    if (pending.size === 0 || signal.aborted) resolve();
  };
  const unsubscribe = server.subscribe((event) => {
    if (event.type !== 'result' && event.type !== 'rejected') return;
    pending.delete(`${event.id}/${event.client}`);
    look();
  });
  signal.addEventListener('abort', look, { once: true });
  look();
  await promise;
  unsubscribe();
  signal.removeEventListener('abort', look);
  return [...pending.values()];
}
