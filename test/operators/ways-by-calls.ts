import { type Event, type JobService, ping, run, stop } from '../../src/index.ts';
import { stepwise } from '../support/stepwise.ts';
import type { World } from './twins.ts';

/** A way to learn of hidden things, or to change them. */
export type Way = (service: JobService, world: World) => Promise<unknown>;

const echo = { argv: ['echo', 'tried'] };
const text = (lines: string) => ({ source: { text: lines, file: 'mine-own.yaml' } });

/** The result of a submission. */
async function sent(service: JobService, ...given: Parameters<JobService['submit']>): Promise<unknown> {
  const group = await service.submit(...given);
  return (await group.outcomes).map(({ result: _, ...outcome }: { result?: unknown }) => outcome);
}

async function pages(service: JobService, filter: Parameters<JobService['history']>[0], limit: number) {
  const found: unknown[] = [];
  let from: string | undefined;
  do {
    const page = await service.history(filter, { limit, ...(from !== undefined && { from }) });
    found.push(...page.jobs.map(factsOf), page.next);
    from = page.next;
  } while (from !== undefined);
  return found;
}

const factsOf = ({ durationMs: _duration, ...job }: { durationMs?: unknown }) => job;

/** Events up to the outcome of its own run. */
export async function eventsOf(service: JobService, from: number | undefined, act = async (): Promise<void> => {}) {
  const seen: Event[] = [];
  await using reader = service.watch(from === undefined ? {} : { from });
  await act();
  const last = await service.submit('tess', run, { argv: ['true'] });
  for await (const event of reader) {
    if (event.type !== 'job.progress') seen.push(event);
    if (event.type === 'job.settled' && event.id === last.id) break;
  }
  return byWhatTheyAreAbout(seen.map(({ atMs: _at, ...event }) => event));
}

/** Events of concurrent jobs and runs arrive in any order. */
function byWhatTheyAreAbout(events: readonly object[]): object[][] {
  const about = (event: object) => ('id' in event && event.id) || ('run' in event && event.run) || 'client';
  return [...Map.groupBy(events, about).values()];
}

const onProd = ({ hidden }: World) => ({ id: hidden.id, client: 'prod' });
const onTess = ({ hidden }: World) => ({ id: hidden.otherCommand, client: 'tess' });
const place = ({ hidden }: World) => ({ id: hidden.place, client: null, place: 1 });

/** Runs of its own workflows, with the outcome of each task. */
async function flown(service: JobService, tasks: string): Promise<unknown> {
  const { run: number } = (await service.call('workflow/run', text(tasks))) as { run: number };
  return await service.call('workflow/wait', { run: number });
}

export const waysByCalls: readonly [title: string, way: Way][] = [
  [
    'asks for the clients',
    async (s) => (await s.clients()).map(({ roundTripMs: _r, lagMs: _l, silentMs: _s, ...c }) => c),
  ],
  ['resolves all', async (s) => await s.resolve('all')],
  ['resolves a glob', async (s) => await s.resolve('*')],
  ['resolves online', async (s) => await s.resolve('online')],
  ['resolves the name of a hidden client', async (s) => await s.resolve('prod')],
  ['resolves a name near to that of a hidden client', async (s) => await s.resolve('prd')],
  ['resolves a label that only a hidden client has', async (s) => await s.resolve('floor=cellar')],
  ['resolves a value of a label that only a hidden client has', async (s) => await s.resolve('role=db')],
  ['resolves a label that a client declares', async (s) => await s.resolve('env=test')],
  ['resolves a group of a hidden client', async (s) => await s.resolve('secret')],
  ['resolves a group that is partly hidden', async (s) => await s.resolve('mixed')],
  ['leaves a hidden client out of all', async (s) => await s.resolve('all,!prod')],
  ['asks for the groups', async (s) => [...s.groups]],
  ['asks for the commands', async (s) => [...s.commands.keys()]],
  ['sends to a hidden client', async (s) => await sent(s, 'prod', run, echo)],
  ['sends to a client that declares env=test', async (s) => await sent(s, 'liar', run, echo)],
  ['sends to its own and a hidden client', async (s) => await sent(s, 'tess,prod', run, echo)],
  ['sends to @env=test, which a client declares', async (s) => await sent(s, 'env=test', run, echo)],
  ['sends to all', async (s) => await sent(s, 'all', run, echo)],
  ['sends to all in a batch', async (s) => await sent(s, 'all', run, echo, { batch: '50%', maxFailures: 0 })],
  ['picks two of all', async (s) => await sent(s, 'all', run, echo, { pick: 2 })],
  ['picks one of the clients with a hidden label', async (s) => await sent(s, 'floor=cellar', run, echo, { pick: 1 })],
  [
    'lets a place wait for a hidden client',
    async (s) => {
      const group = await s.submit('role=db', run, echo, { pick: 1, expiresInMs: 200 });
      return (await group.outcomes).map(({ result: _, ...outcome }: { result?: unknown }) => outcome);
    },
  ],
  ['sends a command that it has no right to', async (s) => await sent(s, 'tess', stepwise, { label: 'x' })],
  ['sends a control command', async (s) => await sent(s, 'all', stop, {})],
  ['pings all', async (s) => await sent(s, 'all', ping, {})],
  ['uses the submit key of another operator', async (s) => await sent(s, 'tess', run, echo, { key: 'nightly' })],
  ['gets a hidden job', async (s, w) => await s.get(onProd(w))],
  ['gets a hidden job of a visible client', async (s, w) => await s.get(onTess(w))],
  ['gets a hidden place', async (s, w) => await s.get(place(w))],
  [
    'gets the job that a seen submission has on a hidden client',
    async (s, w) => await s.get({ id: w.seen, client: 'prod' }),
  ],
  [
    'guesses the id of a job',
    async (s, w) => await s.get({ id: w.hidden.id.replace(/\d+$/, '888888'), client: 'tess' }),
  ],
  ['reads the output of a hidden job', async (s, w) => await s.output(onProd(w))],
  ['reads the records of a hidden job', async (s, w) => await s.records(onTess(w))],
  ['cancels a hidden job', async (s, w) => await s.cancel([onProd(w)])],
  ['cancels a hidden job of a visible client', async (s, w) => await s.cancel([onTess(w)])],
  ['cancels a hidden place', async (s, w) => await s.cancel([place(w)])],
  [
    'cancels its own job together with a hidden one',
    async (s, w) => await s.cancel([{ id: w.seen, client: 'tess' }, onProd(w)]),
  ],
  ['sends a signal to a hidden job', async (s, w) => await s.signal([onTess(w)], 'SIGTERM')],
  ['lists jobs', async (s) => (await s.list()).map(factsOf)],
  ['lists running jobs', async (s) => (await s.list({ state: 'running' })).map(factsOf)],
  ['reads the history in pages of one', async (s) => await pages(s, {}, 1)],
  ['reads the history in pages of three', async (s) => await pages(s, {}, 3)],
  ['reads the history in one page', async (s) => await pages(s, {}, 1_000)],
  ['filters the history by a hidden client', async (s) => await pages(s, { client: 'prod' }, 1)],
  ['filters the history by a hidden command', async (s) => await pages(s, { command: 'stepwise' }, 1)],
  ['filters the history by a hidden actor', async (s) => await pages(s, { actor: 'operator:other' }, 1)],
  ['filters the history by a hidden submission', async (s, w) => await pages(s, { id: w.hidden.id }, 1)],
  [
    'filters the history by the number of a hidden submission',
    async (s, w) => await pages(s, { number: w.hidden.number }, 1),
  ],
  ['filters the history by jobs without an outcome', async (s) => await pages(s, { unsettled: true }, 1)],
  [
    'makes up a cursor of a hidden job',
    async (s, w) => (await s.history({}, { from: `${w.hidden.number} prod`, limit: 2 })).jobs.length < 3,
  ],
  ['passes an invalid cursor', async (s) => await s.history({}, { from: 'prod' })],
  ['asks for a page that is too large', async (s) => await s.history({}, { limit: 1_001 })],
  [
    'waits for more clients than are seen',
    async (s) => await s.waitForClients(2, { signal: AbortSignal.timeout(100) }),
  ],
  ['forgets a hidden client', async (s) => await s.forget('prod')],
  ['watches from the first event on', async (s) => await eventsOf(s, 1)],
  ['watches while hidden things happen', async (s, w) => await eventsOf(s, undefined, () => w.stir())],
  ['watches from a future event', async (s) => await eventsOf(s, 999_999)],
  ['lists workflows and runs', async (s) => await s.call('workflow/list', { limit: 100 })],
  ['lists one run', async (s) => await s.call('workflow/list', { limit: 1 })],
  ['shows a hidden run', async (s, w) => await s.call('workflow/show', { run: w.hidden.run })],
  ['waits for a hidden run', async (s, w) => await s.call('workflow/wait', { run: w.hidden.run })],
  ['cancels a hidden run', async (s, w) => await s.call('workflow/cancel', { run: w.hidden.run })],
  ['retries a hidden run', async (s, w) => await s.call('workflow/retry', { run: w.hidden.run })],
  [
    'approves a task of a hidden run',
    async (s, w) => await s.call('workflow/approve', { run: w.hidden.run, task: 'b', answer: 'approved' }),
  ],
  ['runs a hidden workflow', async (s) => await s.call('workflow/run', { source: { name: 'buried' } })],
  [
    'runs a workflow whose name is near to a hidden one',
    async (s) => await s.call('workflow/run', { source: { name: 'buryed' } }),
  ],
  [
    'checks a workflow with a hidden command',
    async (s) => await s.call('workflow/check', { text: 'tasks: { a: "@tess stepwise x" }', file: 'a.yaml' }),
  ],
  ['lists schedules', async (s) => await s.call('schedule/list', {})],
  ['shows a hidden schedule', async (s) => await s.call('schedule/show', { schedule: 'buried/1' })],
  ['pauses a hidden schedule', async (s) => await s.call('schedule/pause', { schedule: 'buried/1' })],
  ['runs a hidden schedule', async (s) => await s.call('schedule/run', { schedule: 'buried' })],
  ['lists the schedules after a hidden one', async (s) => await s.call('schedule/list', { after: 'buried/1' })],
  ['calls a method of a plug-in', async (s) => await s.call('plug/poke', {})],
  ['calls an unknown method', async (s) => await s.call('plug/pok', {})],
  ['runs a workflow on a hidden client', async (s) => await flown(s, 'tasks: { a: "@prod run true" }')],
  [
    'runs a workflow on the client that declares env=test',
    async (s) => await flown(s, 'tasks: { a: "@env=test run true" }'),
  ],
  [
    'runs a workflow on each client of a list',
    async (s) => await flown(s, `tasks: { a: { for: { c: [tess, prod] }, do: "@${'$'}{c} run true" } }`),
  ],
  ['runs a workflow with a command that it has no right to', async (s) => await flown(s, 'tasks: { a: "@tess ping" }')],
];
