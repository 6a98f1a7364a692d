import { expect, test } from 'vitest';
import { limits } from '../../../schemas/index.ts';
import { KnownClients } from '../../../src/shell/prompt/known-clients.ts';
import { KnownJobs } from '../../../src/shell/prompt/known-jobs.ts';
import { stamped } from '../../support/stamped.ts';

test('connected and ready clients are counted', () => {
  const clients = new KnownClients();
  clients.set('w1', 'ready');
  clients.set('w2', 'offline');
  expect(clients.counts).toEqual({ ready: 1, online: 1 });
  clients.event(stamped({ type: 'client.state', client: 'w2', state: 'unready' }));
  expect(clients.counts).toEqual({ ready: 1, online: 2 });
  clients.event(stamped({ type: 'client.state', client: 'w1', state: 'unresponsive' }));
  expect(clients.counts).toEqual({ ready: 0, online: 2 });
  clients.event(stamped({ type: 'client.state', client: 'w2', state: 'offline' }));
  expect(clients.counts).toEqual({ ready: 0, online: 1 });
});

test('an expected client is known before it joins, and a forgotten one is not', () => {
  const clients = new KnownClients();
  clients.event(stamped({ type: 'client.expected', client: 'w1' }));
  expect([clients.all([]), clients.counts]).toEqual([
    [{ name: 'w1', state: 'offline', runningJobs: 0 }],
    { ready: 0, online: 0 },
  ]);
  clients.event(stamped({ type: 'client.forgotten', client: 'w1' }));
  expect(clients.all([])).toEqual([]);
});

test('jobs of the store precede those of this server, and none is listed twice', () => {
  const jobs = new KnownJobs((command) => command !== 'stop');
  const job = (number: number, state: 'settled' | 'accepted', command = 'ping') =>
    ({ id: `boot.${number}`, number, client: 'w1', command, state, outcome: undefined }) as const;
  jobs.set(job(2, 'accepted'));
  jobs.setStored([job(1, 'settled'), job(2, 'settled'), job(3, 'settled', 'stop'), job(4, 'accepted')]);
  jobs.event(stamped({ type: 'job.settled', ...job(4, 'settled'), outcome: 'failed' }));
  expect(jobs.all().map(({ number, state }) => [number, state])).toEqual([
    [1, 'settled'],
    [4, 'settled'],
    [2, 'accepted'],
  ]);
});

test('only the newest of the clients that have left and the jobs that have ended are kept', () => {
  const clients = new KnownClients();
  const jobs = new KnownJobs(() => true);
  const more = 10;
  for (let at = 0; at < limits.maxDepartedClients + more; at += 1) clients.set(`w${at}`, 'offline');
  expect(clients.all([])).toHaveLength(limits.maxDepartedClients);
  expect(clients.all([])[0]?.name).toBe(`w${more}`);
  const job = { client: 'w1', command: 'ping' };
  jobs.event(stamped({ type: 'job.submitted', ...job, id: 'boot.0', number: 0, args: {} }));
  for (let at = 1; at <= limits.maxSettledJobs + more; at += 1) {
    jobs.event(
      stamped({ type: 'job.settled', ...job, id: `boot.${at}`, number: at, outcome: 'completed', result: null }),
    );
  }
  expect(jobs.all()).toHaveLength(limits.maxSettledJobs + 1);
  expect([jobs.all()[0]?.id, jobs.all().at(-1)?.id]).toEqual([`boot.${more + 1}`, 'boot.0']);
});
