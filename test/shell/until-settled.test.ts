import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { SignalboxError } from '../../schemas/errors.ts';
import type { JobDetails, JobKey } from '../../src/index.ts';
import type { Event } from '../../src/plugin/observer.ts';
import { untilSettled } from '../../src/shell/until-settled.ts';

/** Waits for two jobs; this is the answer of the service when it is asked again. */
function scene(get: (job: JobKey) => Promise<Pick<JobDetails, 'state'>>) {
  let gap = () => {};
  let tell = (_: Event) => {};
  const never = new Promise<void>(() => {});
  const events = {
    over: never,
    listen: (listener: (event: Event) => void) => {
      tell = listener;
      return () => {};
    },
    onGap: (listener: () => void) => {
      gap = listener;
      return () => {};
    },
  };
  const jobs = ['w1', 'w2'].map((client) => ({ id: 'a.1', number: 1, client, state: 'accepted' }) as JobDetails);
  const shell = { events, sent: { has: () => false }, service: { get: get as (job: JobKey) => Promise<JobDetails> } };
  const waited = untilSettled(shell, async () => jobs, new AbortController().signal, 0);
  return {
    waited,
    gap: () => gap(),
    settle: (client: string) => tell({ type: 'job.settled', id: 'a.1', client } as Event),
  };
}

test('jobs that ended while events were missed are no longer waited for', async () => {
  const { waited, gap, settle } = scene(async ({ client }) => ({ state: client === 'w1' ? 'settled' : 'accepted' }));
  await setImmediate();
  gap();
  settle('w2');
  expect(await waited).toEqual([]);
});

test('a job that the server no longer knows is not waited for indefinitely, but named', async () => {
  const { waited, gap, settle } = scene(async () => {
    throw new SignalboxError('no_such_job', 'no');
  });
  await setImmediate();
  settle('w1');
  gap();
  await expect(waited).rejects.toMatchObject({ code: 'unknown', message: expect.stringContaining('1/w2') });
});
