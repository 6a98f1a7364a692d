import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { CheckArgs } from '../../../src/plugins/check/contracts/check.ts';
import { type CheckRecord, recordSchema } from '../../../src/plugins/check/contracts/result.ts';
import plugin, { check } from '../../../src/plugins/check/plugin.ts';
import { openPair } from '../../support/library.ts';
import { newFolder } from '../../support/new-folder.ts';
import { answer, openSite } from './support/bad-site.ts';
import { checkOnce } from './support/check-once.ts';

const opened = (options: Record<string, unknown> = { private: true }) =>
  openPair({ server: { plugins: [plugin] }, client: { plugins: [{ plugin, options }] } });

type Pair = Awaited<ReturnType<typeof opened>>;

async function outcomeOf({ server }: Pair, args: CheckArgs) {
  const [outcome] = await (await server.submit('w1', check, args)).outcomes;
  return outcome;
}

test('a check that is ok completes with its result, any other fails with its facts', async () => {
  await using site = await openSite({ '/': answer('200 OK', {}, 'fine'), '/bad': answer('500 Oh', {}, 'oh') });
  await using pair = await opened();
  expect(await outcomeOf(pair, { url: `${site.origin}/`, name: 'home' })).toMatchObject({
    outcome: 'completed',
    result: { check: 'home', ok: true, errorKind: null, status: 200, bytes: 4 },
  });
  expect(await outcomeOf(pair, { url: `${site.origin}/bad` })).toMatchObject({
    outcome: 'failed',
    error: { code: 'command_failed', message: 'the status is 500, expected 200-299' },
    result: { check: `${site.origin}/bad`, ok: false, errorKind: 'status', status: 500 },
  });
});

test('long URLs with the same start are separate checks', async () => {
  await using site = await openSite({});
  await using pair = await opened();
  const names = ['a', 'b'].map(async (end) => {
    const outcome = await outcomeOf(pair, { url: `${site.origin}/${'x'.repeat(300)}${end}` });
    return check.result.parse(outcome && 'result' in outcome ? outcome.result : undefined).check;
  });
  const [one = '', other = ''] = await Promise.all(names);
  expect([one.length, other.length]).toEqual([128, 128]);
  expect(one).not.toBe(other);
});

test('a client checks no private address by default', async () => {
  await using pair = await opened({});
  expect(await outcomeOf(pair, { url: 'http://127.0.0.1:1/' })).toMatchObject({
    outcome: 'failed',
    result: { errorKind: 'refused_address' },
  });
});

test('with --every each result is a record, until the job is cancelled', async () => {
  await using site = await openSite({ '/': answer('200 OK', {}, 'fine') });
  await using pair = await opened();
  const group = await pair.server.submit('w1', check, { url: `${site.origin}/`, every: 1_000 });
  const [job] = group.jobs;
  const taken: unknown[] = [];
  for await (const event of job?.events ?? []) {
    if (event.type !== 'job.records') continue;
    taken.push(...event.records.map(({ value }) => value));
    if (taken.length >= 3) await job?.cancel();
  }
  expect(taken[0]).toMatchObject({ ok: true, status: 200 });
  const planned = taken.map((value) => check.records && (value as { plannedAtMs: number }).plannedAtMs);
  expect((Number(planned[2]) - Number(planned[1])) % 1_000).toBe(0);
  const [outcome] = await group.outcomes;
  expect(outcome?.outcome).toBe('cancelled');
  const kept = await pair.server.records({ id: job?.id ?? '', client: 'w1' });
  expect(kept.map(({ value }) => value)).toEqual(taken.slice(0, kept.length));
});

test('values of headers and the user of the URL are in no event and no view of the job', async () => {
  await using site = await openSite({ '/': answer('200 OK', {}, 'fine') });
  await using pair = await opened();
  const url = `http://nina:geheim@127.0.0.1:${site.port}/`;
  const group = await pair.server.submit('w1', check, { url, header: ['Cookie: geheim'] });
  const [outcome] = await group.outcomes;
  expect(outcome?.outcome).toBe('completed');
  expect(site.requests[0]?.headers).toMatchObject({ cookie: 'geheim' });
  const view = await pair.server.get({ id: group.jobs[0]?.id ?? '', client: 'w1' });
  expect(view.args).toEqual({ url: `${site.origin}/`, header: ['Cookie: …'] });
  const told = await pair.server.told.first(({ type }) => type === 'job.settled');
  expect(JSON.stringify([view, outcome, told, pair.server.told.all])).not.toContain('geheim');
  expect(JSON.stringify([view, outcome, told, pair.server.told.all])).not.toContain('nina');
});

test('files must be in the folder of the client: no path, and no link out of it', async () => {
  const folder = newFolder();
  const inside = join(folder, 'checks');
  mkdirSync(join(inside, '..data'), { recursive: true });
  writeFileSync(join(folder, 'outside'), 'X-Key: geheim');
  writeFileSync(join(inside, '..data', 'real'), 'X-Key: one\n\nX-Other: two\r\n');
  writeFileSync(join(inside, 'broken'), 'X-Key: one\ngeheim\n');
  symlinkSync('..data/real', join(inside, 'linked'));
  symlinkSync('../outside', join(inside, 'out'));
  await using site = await openSite({ '/': answer('200 OK', {}, 'fine') });
  await using pair = await opened({ private: true, files: inside });
  const url = `${site.origin}/`;
  expect(await outcomeOf(pair, { url, headerFile: 'linked' })).toMatchObject({ outcome: 'completed' });
  expect(site.requests[0]?.headers).toMatchObject({ 'x-key': 'one', 'x-other': 'two' });
  const errors = ['out', 'broken', 'missing', '..data'].map(async (headerFile) => {
    const outcome = await outcomeOf(pair, { url, headerFile });
    return outcome?.outcome === 'failed' ? outcome.error : undefined;
  });
  expect(await Promise.all(errors)).toEqual([
    { code: 'not_allowed', message: '--header-file out is a link that leaves the folder of --check-files' },
    {
      code: 'bad_arguments',
      message: 'line 2 of --header-file broken must be NAME: VALUE in one line, not one of the connection itself',
    },
    { code: 'bad_arguments', message: '--header-file missing is not there' },
    { code: 'bad_arguments', message: '--header-file ..data is not a file' },
  ]);
  expect(site.requests).toHaveLength(1);
});

test('planned times during a running check are skipped and counted', async () => {
  await using site = await openSite({ '/': () => {} });
  await using pair = await opened();
  const group = await pair.server.submit('w1', check, { url: `${site.origin}/`, every: 1_000 });
  const [job] = group.jobs;
  const records: CheckRecord[] = [];
  for await (const event of job?.events ?? []) {
    if (event.type !== 'job.records') continue;
    records.push(...event.records.map(({ value }) => recordSchema.parse(value)));
    if (records.length >= 3) await job?.cancel();
  }
  await group.outcomes;
  const [first, second, third] = records;
  if (!first || !second || !third) throw new Error('there are too few records');
  // Each waits for a second, which contains one planned time.
  expect(third.skipped).toBeGreaterThan(1);
  const during = (second.skipped ?? 0) - (first.skipped ?? 0);
  expect(third.plannedAtMs - second.plannedAtMs).toBe(1_000 * (1 + during));
  expect(await pair.server.call('check/list', {})).toMatchObject([{ skipped: records.at(-1)?.skipped }]);
});

test('without --check-files no file is read', async () => {
  await using pair = await opened();
  expect(await outcomeOf(pair, { url: 'http://127.0.0.1:1/', ca: 'passwd' })).toMatchObject({
    outcome: 'failed',
    error: { code: 'not_allowed', message: expect.stringContaining('--check-files DIR') },
  });
});

test.for([
  [{ url: 'ftp://x/' }],
  [{ url: 'http://' }],
  [{ url: 'http://x/', match: '(?=a)' }],
  [{ url: 'http://x/', noMatch: '(a)\\1' }],
  [{ url: 'http://x/', match: '(' }],
  [{ url: 'http://x/', header: ['no colon'] }],
  [{ url: 'http://x/', header: ['Transfer-Encoding: chunked'] }],
  [{ url: 'http://x/', header: ['X: a\r\nY: b'] }],
  [{ url: 'http://x/', status: '600-500' }],
  [{ url: 'http://x/', ca: '../x' }],
  [{ url: 'http://x/', every: 1_000, timeout: 2_000 }],
] as [CheckArgs][])('%j is refused when it is given', ([args]) => {
  expect(check.args.safeParse(args).success).toBe(false);
});

test('a check that waits for its pattern ends when it is cancelled', async () => {
  await using site = await openSite({ '/': answer('200 OK', {}, 'fine') });
  const { promise: asked, resolve } = Promise.withResolvers<void>();
  const patterns = {
    test() {
      resolve();
      return new Promise<never>(() => {});
    },
  };
  const controller = new AbortController();
  const checked = checkOnce({ url: `${site.origin}/`, match: 'fine' }, { patterns, signal: controller.signal });
  await asked;
  controller.abort(new Error('cancelled'));
  await expect(checked).rejects.toThrow('cancelled');
});
