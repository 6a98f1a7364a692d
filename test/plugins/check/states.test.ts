import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Event, implement, openSqliteStore } from '../../../src/index.ts';
import type { CheckArgs } from '../../../src/plugins/check/contracts/check.ts';
import type { CheckRow } from '../../../src/plugins/check/listing/check-row.ts';
import plugin, { check } from '../../../src/plugins/check/plugin.ts';
import { addResult, noSeries, summaryOf } from '../../../src/plugins/check/state/series.ts';
import { Succession } from '../../../src/plugins/check/state/succession.ts';
import { openClient, openServer } from '../../support/library.ts';
import { newFolder } from '../../support/new-folder.ts';
import { answer, type Behaviour, openSite } from './support/bad-site.ts';

type Told = Extract<Event, { type: 'plugin' }>;
type Server = Awaited<ReturnType<typeof openServer>>;

const isTold = (event: Event): event is Told => event.type === 'plugin';
const newsOf = ({ told }: Server) => told.all.filter(isTold).map(({ event }) => event);
const rowsOf = async (server: Server) => (await server.call('check/list', {})) as CheckRow[];
const client = { plugins: [{ plugin, options: { private: true } }] };

/** A site that gives these answers in order, and then repeats the last one. */
async function openChanging(...answers: readonly ('up' | 'down')[]) {
  let index = 0;
  const does: Behaviour = (socket, request) => {
    const now = answers[Math.min(index, answers.length - 1)];
    index += 1;
    (now === 'up' ? answer('200 OK', {}, '') : answer('503 Oh', {}, ''))(socket, request);
  };
  return await openSite({ '/': does });
}

const every: Pick<CheckArgs, 'every' | 'name'> = { every: 1_000, name: 'shop' };

test('each change of a state is reported once, after the configured number of results in succession', async () => {
  await using site = await openChanging('up', 'down', 'up', 'down', 'down', 'up', 'up');
  await using server = await openServer({ plugins: [plugin] });
  await using _ = await openClient(server, client);
  await server.submit('w1', check, { url: `${site.origin}/`, after: 2, ...every });
  const up = await server.told.first((event) => isTold(event) && event.event === 'check.up');
  expect(newsOf(server)).toEqual(['check.down', 'check.up']);
  const down = server.told.all.find(isTold);
  expect(down).toMatchObject({
    text: 'shop is down on w1: the status is 503, expected 200-299',
    isWarning: true,
    facts: { check: 'shop', client: 'w1', errorKind: 'status', status: 503 },
  });
  expect(up).toMatchObject({ text: 'shop is up on w1', seq: expect.any(Number) });
  expect(await rowsOf(server)).toMatchObject([
    {
      check: 'shop',
      client: 'w1',
      state: 'up',
      silent: null,
      status: 200,
      windows: { '1h': { p50Ms: expect.any(Number) } },
    },
  ]);
});

const newPlace = () => ({ path: join(newFolder(), 'store.db'), bind: `ipc://${join(newFolder(), 's')}` });

/** A server on a store in a file, which is closed with it. */
async function openStored({ path, bind }: ReturnType<typeof newPlace>) {
  const store = await openSqliteStore({ path });
  const server = await openServer({ plugins: [plugin], bind, store });
  return Object.assign(server, {
    store,
    async [Symbol.asyncDispose]() {
      await server.close();
      await store[Symbol.asyncDispose]();
    },
  });
}

test('a restarted server knows what is down, and does not report it a second time', async () => {
  await using site = await openChanging('down');
  const place = newPlace();
  await using stack = new AsyncDisposableStack();
  let before: CheckRow | undefined;
  {
    await using first = await openStored(place);
    stack.use(await openClient(first, client));
    await first.submit('w1', check, { url: `${site.origin}/`, ...every });
    await first.told.first(isTold);
    [before] = await rowsOf(first);
  }
  await using second = await openStored(place);
  await second.told.first((event) => event.type === 'job.records');
  const [after] = await rowsOf(second);
  expect(after).toMatchObject({ state: 'down', sinceMs: before?.sinceMs, silent: null });
  expect(newsOf(second)).toEqual([]);
});

test('a change that an earlier server stored before it died is reported, unless it was reported already', async () => {
  await using site = await openChanging('down');
  const place = newPlace();
  const change = async (sinceMs: number | undefined) => {
    await using store = await openSqliteStore({ path: place.path });
    const states = store.collection<Record<string, unknown>>('check/states');
    const [entry] = await states.list(1);
    if (!entry) throw new Error('nothing is stored');
    const value = { ...entry.value, untold: { from: null, afterSeq: 0 }, ...(sinceMs !== undefined && { sinceMs }) };
    await states.compareAndSet(entry.key, entry.version, value);
  };
  {
    await using first = await openStored(place);
    await using _ = await openClient(first, client);
    await first.submit('w1', check, { url: `${site.origin}/`, ...every });
    await first.told.first(isTold);
  }
  await change(undefined);
  {
    await using second = await openStored(place);
    expect(await rowsOf(second)).toMatchObject([{ state: 'down' }]);
    expect(newsOf(second)).toEqual([]);
  }
  await change(1);
  {
    await using third = await openStored(place);
    expect(await third.told.first(isTold)).toMatchObject({ event: 'check.down', facts: { sinceMs: 1 } });
    expect(await rowsOf(third)).toMatchObject([{ state: 'down', sinceMs: 1 }]);
  }
  await using fourth = await openStored(place);
  expect(await rowsOf(fourth)).toMatchObject([{ state: 'down', sinceMs: 1 }]);
  expect(newsOf(fourth)).toEqual([]);
});

test('an ended job and an offline client are reported', async () => {
  await using site = await openChanging('up');
  await using server = await openServer({ plugins: [plugin], lostAfterMs: 1 });
  const one = await openClient(server, client);
  const group = await server.submit('w1', check, { url: `${site.origin}/`, ...every });
  await server.told.first((event) => event.type === 'job.records');
  await group.jobs[0]?.cancel();
  await group.outcomes;
  expect(await rowsOf(server)).toMatchObject([{ silent: 'its job has ended' }]);
  await one.close();
});

test('a check that has ended can be forgotten with all its numbers, a running one cannot', async () => {
  await using site = await openChanging('down');
  const place = newPlace();
  {
    await using server = await openStored(place);
    await using _ = await openClient(server, client);
    await using _other = await openClient(server, { ...client, name: 'w2' });
    const forget = (name: string) => server.call('check/forget', { check: name });
    const ends = await server.submit('w1', check, { url: `${site.origin}/`, ...every });
    const stays = await server.submit('w2', check, { url: `${site.origin}/`, ...every });
    for (const name of ['w1', 'w2']) await server.told.first((event) => isTold(event) && event.facts.client === name);
    await expect(forget('other')).rejects.toMatchObject({ code: 'bad_usage', message: "there is no check 'other'" });
    const jobs = `job ${ends.jobs[0]?.number} on w1, job ${stays.jobs[0]?.number} on w2`;
    await expect(forget('shop')).rejects.toMatchObject({
      code: 'bad_usage',
      message: `the check shop is still running: cancel ${jobs} first`,
    });
    await ends.jobs[0]?.cancel();
    await ends.outcomes;
    expect(await forget('shop')).toEqual(['w1']);
    expect(await rowsOf(server)).toMatchObject([{ client: 'w2', silent: null }]);
    await stays.jobs[0]?.cancel();
    await stays.outcomes;
  }
  {
    await using next = await openStored(place);
    expect(await rowsOf(next)).toMatchObject([{ client: 'w2', silent: 'its job has ended' }]);
    expect(await next.call('check/forget', { check: 'shop' })).toEqual(['w2']);
  }
  await using store = await openSqliteStore({ path: place.path });
  for (const name of ['check/states', 'check/series']) expect(await store.collection(name).list(10)).toEqual([]);
});

test('a client whose clock is set back is still heard', async () => {
  const hour = 3_600_000;
  const result = {
    ...{
      check: 'shop',
      url: 'http://x/',
      address: null,
      redirects: 0,
      bytes: 0,
      match: null,
      certificateDaysLeft: null,
    },
    ...{ dnsMs: null, connectMs: null, tlsMs: null, firstByteMs: null, transferMs: null, totalMs: 1 },
  };
  const at = (atMs: number, state: 'up' | 'down') =>
    state === 'up'
      ? { ...result, state, plannedAtMs: atMs, atMs, ok: true, errorKind: null, error: null, status: 200 }
      : {
          ...result,
          state,
          plannedAtMs: atMs,
          atMs,
          ok: false,
          errorKind: 'status' as const,
          error: 'Oh',
          status: 503,
        };
  const setBack = implement(check, async (_, job) => {
    job.record(at(Date.now() + 2 * hour, 'up'));
    job.record(at(Date.now(), 'down'));
    return await new Promise((_resolve, reject) => job.signal.addEventListener('abort', reject));
  });
  await using server = await openServer({ plugins: [plugin] });
  await using _ = await openClient(server, { commands: [setBack] });
  await server.submit('w1', check, { url: 'http://x/', ...every });
  expect(await server.told.first(isTold)).toMatchObject({ event: 'check.down' });
  expect(await rowsOf(server)).toMatchObject([
    { state: 'down', windows: { '1h': { results: 1 }, '24h': { results: 2 } } },
  ]);
});

test('a state changes after this number of results in succession', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), fc.array(fc.boolean()), (after, results) => {
      const succession = new Succession(after);
      const states = results.map((isOk) => succession.add(isOk));
      states.forEach((state, index) => {
        const last = results.slice(Math.max(0, index + 1 - after), index + 1);
        if (last.length === after && last.every((isOk) => isOk === last[0]))
          expect(state).toBe(last[0] ? 'up' : 'down');
        else expect(state).toBe(index === 0 ? null : states[index - 1]);
      });
    }),
  );
});

test('uptime is counted, quantiles are off by at most 3 %, and results outside a window are not counted', () => {
  const nowMs = Date.UTC(2026, 0, 31);
  const times = fc.array(fc.double({ min: 0.1, max: 100_000, noNaN: true }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(times, fc.nat({ max: 50 }), (totals, bad) => {
      const results = [
        ...totals.map((totalMs, index) => ({ ok: true, totalMs, atMs: nowMs - index * 1_000 })),
        ...Array.from({ length: bad }, (_, index) => ({ ok: false, totalMs: 1, atMs: nowMs - index * 1_000 })),
        { ok: false, totalMs: 1, atMs: nowMs - 2 * 86_400_000 },
      ].sort((one, other) => one.atMs - other.atMs);
      const series = results.reduce(addResult, noSeries);
      const hour = summaryOf(series, '1h', nowMs);
      expect(hour.results).toBe(totals.length + bad);
      expect(hour.uptime).toBeCloseTo(totals.length / (totals.length + bad), 9);
      expect(summaryOf(series, '30d', nowMs).results).toBe(totals.length + bad + 1);
      const sorted = totals.toSorted((one, other) => one - other);
      const median = sorted[Math.ceil(sorted.length / 2) - 1] ?? 0;
      expect(Math.abs((hour.p50Ms ?? 0) - median)).toBeLessThanOrEqual(median * 0.03 + 0.06);
    }),
  );
});
