import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineCommand, implement, JobFailure, openSqliteStore, SignalboxError } from '../../src/index.ts';
import { afterEnd, type HeldJob } from '../../src/standing/held-job.ts';
import { StandingJobs } from '../../src/standing/standing-jobs.ts';
import { parseStandingLines, type StandingDefinitions } from '../../src/standing/standing-line.ts';
import { openClient, openServer } from '../support/library.ts';
import { newFolder } from '../support/new-folder.ts';

const last = defineCommand({
  name: 'last',
  summary: 'Last until it is told to end.',
  args: z.strictObject({ text: z.string(), how: z.enum(['fails', 'is wrong']).optional().meta({ named: true }) }),
  result: z.null(),
  standing: ({ text }) => text !== 'briefly',
  example: 'last x',
});
const lastCommand = implement(last, async ({ how }, job) => {
  if (how === 'fails') throw new JobFailure('it fails', null);
  if (how === 'is wrong') throw new SignalboxError('bad_arguments', 'there is no such thing');
  await new Promise((_, reject) => job.signal.addEventListener('abort', () => reject(job.signal.reason)));
  return null;
});

const contracts = new Map([['last', last]]);
const linesOf = (definitions: StandingDefinitions) => parseStandingLines(definitions, contracts);
type Server = Awaited<ReturnType<typeof openServer>>;

const newPlace = () => ({ path: join(newFolder(), 'store.db'), bind: `ipc://${join(newFolder(), 's')}` });

/** A server on a store, with a file that has these lines. */
async function openHolding(definitions: StandingDefinitions, { path, bind } = newPlace()) {
  await using stack = new AsyncDisposableStack();
  const store = stack.use(await openSqliteStore({ path }));
  const server = stack.use(await openServer({ bind, store, commands: [last] }));
  const warnings: string[] = [];
  const standing = stack.use(new StandingJobs(server, { warn: (text) => void warnings.push(text) }));
  standing.start(linesOf(definitions));
  const all = stack.move();
  return { server, standing, warnings, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

const client = { commands: [lastCommand] };
const accepted = (count: number) => (server: Server) =>
  server.told.first(() => server.told.of('job.accepted').length >= count);
const running = async (server: Server) =>
  (await server.list({ state: 'running' })).map((job) => `${job.client} ${JSON.stringify(job.args)}`).sort();

test('one job of each line runs on each client of its target, whenever the client connects', async () => {
  const place = newPlace();
  await using here = await openHolding(
    { a: 'last one', b: { do: '@w2 last ${x}', for: { x: ['two', "it's 3"] } } },
    place,
  );
  await using _one = await openClient(here.server, { ...client, name: 'w1' });
  await accepted(1)(here.server);
  expect(await here.standing.list()).toMatchObject([
    { line: 'a', client: 'w1', command: 'last', args: { text: 'one' }, reason: null, number: 1 },
    { line: 'b/two', client: null, reason: 'no client matches its target' },
    { line: "b/it's 3", client: null, reason: 'no client matches its target' },
  ]);
  await using _two = await openClient(here.server, { ...client, name: 'w2' });
  await accepted(4)(here.server);
  expect(await running(here.server)).toEqual([
    'w1 {"text":"one"}',
    'w2 {"text":"it\'s 3"}',
    'w2 {"text":"one"}',
    'w2 {"text":"two"}',
  ]);
});

test('nothing is submitted to a client that is not ready', async () => {
  await using here = await openHolding({ a: 'last one' });
  await using _ = await openClient(here.server, { ...client, ready: false });
  await here.server.told.first((event) => event.type === 'client.state' && event.state === 'unready');
  await expect
    .poll(() => here.standing.list(), { timeout: 30_000 })
    .toMatchObject([{ reason: 'its client is unready', number: null }]);
  expect(await here.server.list()).toEqual([]);
});

test('removed lines are cancelled, changed ones are cancelled and submitted again, unchanged ones continue', async () => {
  await using here = await openHolding({ same: 'last one', changed: 'last two', removed: 'last three' });
  await using _ = await openClient(here.server, client);
  await accepted(3)(here.server);
  here.standing.replace(linesOf({ same: 'last one', changed: 'last 2' }));
  await accepted(4)(here.server);
  await here.server.told.first(() => here.server.told.of('job.settled').length === 2);
  expect(await running(here.server)).toEqual(['w1 {"text":"2"}', 'w1 {"text":"one"}']);
  expect(here.server.told.of('job.settled').map(({ outcome }) => outcome)).toEqual(['cancelled', 'cancelled']);
});

test('a restarted server continues the jobs of the previous one, and cancels those that its file no longer has', async () => {
  const place = newPlace();
  await using stack = new AsyncDisposableStack();
  {
    await using first = await openHolding({ same: 'last one', removed: 'last two' }, place);
    stack.use(await openClient(first.server, client));
    await accepted(2)(first.server);
    await expect.poll(() => first.standing.list(), { timeout: 30_000 }).toMatchObject([{ number: 1 }, { number: 2 }]);
  }
  await using second = await openHolding({ same: 'last one', added: 'last three' }, place);
  await second.server.told.first((event) => event.type === 'job.accepted' && event.number === 3);
  await second.server.told.first(({ type }) => type === 'job.settled');
  expect(await running(second.server)).toEqual(['w1 {"text":"one"}', 'w1 {"text":"three"}']);
  expect((await second.standing.list()).map(({ line, number }) => [line, number])).toEqual([
    ['same', 1],
    ['added', 3],
  ]);
});

test('a job that somebody cancels is submitted again', async () => {
  await using here = await openHolding({ a: 'last one' });
  await using _ = await openClient(here.server, client);
  await accepted(1)(here.server);
  const [job] = await here.server.list();
  await here.server.cancel(job ? [job] : []);
  await accepted(2)(here.server);
  expect(await running(here.server)).toEqual(['w1 {"text":"one"}']);
});

test('a restarted client gets its jobs again', async () => {
  await using here = await openHolding({ a: 'last one' });
  {
    await using _ = await openClient(here.server, client);
    await accepted(1)(here.server);
  }
  await expect.poll(() => here.standing.list(), { timeout: 30_000 }).toMatchObject([{ reason: expect.any(String) }]);
  await using _ = await openClient(here.server, client);
  await accepted(2)(here.server);
  expect(await running(here.server)).toEqual(['w1 {"text":"one"}']);
});

test('a line that a client rejects as invalid is not submitted to it again, and is reported once', async () => {
  await using here = await openHolding({ a: "last one --how 'is wrong'" });
  await using _ = await openClient(here.server, client);
  await here.server.told.first(({ type }) => type === 'job.settled');
  await expect
    .poll(() => here.standing.list(), { timeout: 30_000 })
    .toMatchObject([{ reason: 'there is no such thing' }]);
  expect(here.warnings).toEqual(['standing line a is not submitted to w1 again: there is no such thing']);
  here.standing.replace(linesOf({ a: 'last two' }));
  await accepted(2)(here.server);
  expect(await running(here.server)).toEqual(['w1 {"text":"two"}']);
});

test('an invalid line, and one whose job ends by itself, are named', () => {
  expect(() => linesOf({ a: 'lats one' })).toThrow(/^standing\.a: there is no command 'lats'/);
  expect(() => linesOf({ a: 'last briefly' })).toThrow(/^standing\.a: last ends by itself with these arguments/);
  expect(() => linesOf({ a: { do: 'last ${y}', for: { x: ['1'] } } })).toThrow(/^standing\.a: \$\{y\} has no value/);
});

test('a job that ends soon is submitted again after increasing delays, from one second to one minute', () => {
  let held: HeldJob = { line: 'a', client: 'w1', digest: 'x', attempt: 1, failures: 0, notBeforeMs: 0 };
  const waits = Array.from({ length: 9 }, () => {
    held = afterEnd(held, { outcome: 'failed', durationMs: 10 }, { nowMs: 0 });
    return held.notBeforeMs / 1_000;
  });
  expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
  expect(afterEnd(held, { outcome: 'failed', durationMs: 60_000 }, { nowMs: 0 }).notBeforeMs).toBe(1_000);
});
