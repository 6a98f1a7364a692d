import { describe, expect, onTestFinished, test } from 'vitest';
import { type Event, type JobEvent, type JobService, ping, SignalboxError } from '../../src/index.ts';
import { RemoteJobService } from '../../src/remote/remote-job-service.ts';
import { addClient, hang, openApi, say } from '../api/open-api.ts';

type Open = Awaited<ReturnType<typeof openApi>>;

const remoteOf = async ({ paths }: Open, as?: string) => {
  const remote = await RemoteJobService.connect({ path: paths.grpc, as });
  onTestFinished(() => remote.close());
  return remote;
};

/** The ways in which callers in the process of the server, and in another one, reach it. */
const ways: [name: string, serviceOf: (open: Open) => Promise<JobService>][] = [
  ['in the process of the server', async ({ server }) => server.as('local:ana')],
  ['over its socket', (open) => remoteOf(open, 'ana')],
];

/** Converts buffers to other byte arrays. */
const plain = <T>(value: T): T => structuredClone(value);

const codeOf = async (work: Promise<unknown>) =>
  await work.then(
    () => 'none',
    (error) => (error instanceof SignalboxError ? error.code : error),
  );

describe.each(ways)('a JobService %s', (_, serviceOf) => {
  test('sends a command, and reports the outcome with its result: JSON and bytes', async () => {
    const service = await serviceOf(await openApi());
    const more = { list: [1, 2.5, null, true, 'ü'], nested: { $odd: 1 } };
    const group = await service.submit('w1', say, { text: 'a\nb', bytes: new Uint8Array([0, 255]), more });
    expect(group.id).toBe(`${service.bootId}.1`);
    expect(group.jobs.map(({ client, command, number }) => ({ client, command, number }))).toEqual([
      { client: 'w1', command: 'say', number: 1 },
    ]);
    expect(await group.accepted).toEqual([true]);
    expect(plain(await group.outcomes)).toMatchObject([
      { client: 'w1', command: 'say', outcome: 'completed', result: { bytes: new Uint8Array([0, 255]), more } },
    ]);
    const ended: (string | null)[] = [];
    for await (const { client } of group) ended.push(client);
    expect(ended).toEqual(['w1']);
  });

  test('sends a batch to some clients at a time, can stop sending only, and reports the unsent jobs', async () => {
    const open = await openApi();
    onTestFinished(await addClient(open.server, 'w2'));
    const service = await serviceOf(open);
    const group = await service.submit('w*', hang, {}, { batch: '50%', maxFailures: 1 });
    await group.jobs[0]?.accepted;
    const held = (await service.list()).map(({ client, held: isHeld = false }) => [client, isHeld]);
    expect(held.sort()).toEqual([
      ['w1', false],
      ['w2', true],
    ]);
    const { batch } = await service.get({ id: group.id, client: 'w2' });
    expect(batch).toEqual({ size: 1, maxFailures: 1, failures: 0 });
    await service.cancel(group.jobs, { unsent: true });
    expect(await group.jobs[1]?.outcome).toMatchObject({ outcome: 'cancelled', error: { code: 'not_sent' } });
    expect((await service.get({ id: group.id, client: 'w1' })).state).toBe('accepted');
    await service.signal([{ id: group.id, client: 'w1' }], 'SIGTERM');
    expect((await group.outcomes).map(({ outcome }) => outcome)).toEqual(['completed', 'cancelled']);
    expect(await codeOf(service.submit('w*', hang, {}, { batch: '200%' }))).toBe('bad_arguments');
  });

  test('has one schema for the arguments of a command, which is reused for each line', async () => {
    const { commands } = await serviceOf(await openApi());
    const contract = commands.get('say');
    expect(contract?.args).toBeDefined();
    expect(contract?.args).toBe(contract?.args);
    expect(contract?.result).toBe(contract?.result);
  });

  test('gives each iteration of a handle the events of its job, the outcome last', async () => {
    const service = await serviceOf(await openApi());
    const { jobs } = await service.submit('w1', hang, {});
    const read = async (events: AsyncIterable<JobEvent> | undefined) => {
      const types: string[] = [];
      for await (const { type } of events ?? []) types.push(type);
      return types;
    };
    const [job] = jobs;
    const types = read(job?.events);
    await job?.accepted;
    await job?.cancel();
    expect((await types).at(-1)).toBe('job.settled');
    expect(await read(job?.events)).toEqual(['job.settled']);
    expect(await job?.outcome).toMatchObject({ outcome: 'cancelled', error: { code: 'cancelled' } });
    await job?.cancel();
  });

  test('signals jobs, and cancels them', async () => {
    const service = await serviceOf(await openApi());
    const first = await service.submit('w1', hang, {});
    await first.accepted;
    await service.signal(first.jobs, 'SIGUSR1');
    expect(await first.outcomes).toMatchObject([{ outcome: 'completed', result: null }]);
    const second = await service.submit('w1', hang, {});
    await second.accepted;
    await second.cancel();
    expect(await second.outcomes).toMatchObject([{ outcome: 'cancelled' }]);
  });

  test('returns the same group for the same key, even of ended jobs', async () => {
    const service = await serviceOf(await openApi());
    const first = await service.submit('w1', ping, {}, { key: 'once' });
    const [outcome] = await first.outcomes;
    const again = await service.submit('w1', ping, {}, { key: 'once' });
    expect(again.id).toBe(first.id);
    expect(await again.outcomes).toEqual([outcome]);
    expect(await codeOf(service.submit('w1', say, { text: 'x' }, { key: 'once' }))).toBe('bad_usage');
  });

  test('refuses with the documented codes', async () => {
    const service = await serviceOf(await openApi());
    const none = { id: `${service.bootId}.9`, client: 'w1' };
    const { jobs } = await service.submit('w1', ping, {});
    await jobs[0]?.outcome;
    const codes = {
      target: await codeOf(service.submit('nobody', ping, {})),
      args: await codeOf(service.submit('w1', say, { text: 1 as unknown as string })),
      resolve: await codeOf(service.resolve('nobody')),
      get: await codeOf(service.get(none)),
      output: await codeOf(service.output(none)),
      records: await codeOf(service.records(none)),
      cancel: await codeOf(service.cancel([none])),
      signal: await codeOf(service.signal(jobs, 'SIGINT')),
      forget: await codeOf(service.forget('w1')),
      history: await codeOf(service.history({}, { limit: 0 })),
    };
    expect(codes).toEqual({
      ...{ target: 'no_such_target', args: 'bad_arguments', resolve: 'no_such_target', get: 'no_such_job' },
      ...{ output: 'no_such_job', records: 'no_such_job', cancel: 'no_such_job', signal: 'bad_usage' },
      ...{ forget: 'bad_usage', history: 'bad_usage' },
    });
  });

  test('ends pending calls with the reason of the aborted signal', async () => {
    const service = await serviceOf(await openApi());
    const waiting = new AbortController();
    const waits = service.waitForClients(2, { signal: waiting.signal });
    waiting.abort(new Error('enough'));
    await expect(waits).rejects.toThrow('enough');
    await expect(service.submit('w1', ping, {}, { signal: waiting.signal })).rejects.toThrow('enough');
    await service.waitForClients(1);
  });

  test('reads events from now on, or from a number, until the reader leaves', async () => {
    const service = await serviceOf(await openApi());
    const now = service.watch();
    const group = await service.submit('w1', ping, {}, { key: 'mine' });
    const first: Event[] = [];
    for await (const event of now) {
      first.push(event);
      if (event.type === 'job.settled') break;
    }
    await group.outcomes;
    expect(first.map(({ type }) => type)).toEqual(['job.submitted', 'job.accepted', 'job.settled']);
    expect(first[0]).toMatchObject({ actor: 'local:ana', id: group.id, args: {}, key: 'mine' });
    const from = first.flatMap((event) => ('seq' in event ? [event.seq] : []))[0] ?? 0;
    const again: Event[] = [];
    for await (const event of service.watch({ from })) {
      again.push(event);
      if (event.type === 'job.settled') break;
    }
    expect(again).toEqual(first);
    await expect(service.watch({ from: 1_000 }).next()).rejects.toMatchObject({ code: 'gone' });
  });

  test('keeps the order of concurrent submissions', async () => {
    const service = await serviceOf(await openApi());
    const groups = await Promise.all(
      Array.from({ length: 50 }, (_unused, at) => service.submit('w1', say, { text: String(at) })),
    );
    expect(groups.map(({ number }) => number)).toEqual(groups.map((_unused, at) => at + 1));
  });

  test('acts for another actor by `as`', async () => {
    const service = await serviceOf(await openApi());
    const [job] = (await service.as('local:bob').submit('w1', ping, {})).jobs;
    await job?.outcome;
    expect(await service.get({ id: job?.id ?? '', client: 'w1' })).toMatchObject({ actor: 'local:bob' });
  });
});

test('gives the same over the socket as in the process', async () => {
  const open = await openApi();
  const { server } = open;
  const remote = await remoteOf(open);
  const [reader, other] = [server.watch(), remote.watch()];
  const group = await server.submit('w1', say, { text: 'a\nb', bytes: new Uint8Array([1]), more: { x: [1] } });
  await group.outcomes;
  const running = await server.submit('w1', hang, {});
  await running.accepted;
  const [job] = group.jobs;
  const key = { id: group.id, client: job?.client ?? '' };
  for (const method of ['get', 'output', 'records'] as const) {
    expect(plain(await remote[method](key))).toEqual(plain(await server[method](key)));
  }
  const still = <Job extends { durationMs?: number | undefined }>(jobs: readonly Job[]) =>
    jobs.map((one) => ({ ...one, durationMs: undefined }));
  expect(still(await remote.list())).toEqual(still(await server.list()));
  expect(still(await remote.list({ state: 'running' }))).toEqual(still(await server.list({ state: 'running' })));
  const page = await remote.history({ outcomes: ['completed'], command: 'say' }, { limit: 1 });
  expect(page).toEqual(await server.history({ outcomes: ['completed'], command: 'say' }, { limit: 1 }));
  const settled = ({
    silentMs: _silent,
    lagMs: _lag,
    roundTripMs: _way,
    ...client
  }: Awaited<ReturnType<JobService['clients']>>[number]) => client;
  expect((await remote.clients()).map(settled)).toEqual((await server.clients()).map(settled));
  expect(await remote.resolve(['all'])).toEqual(await server.resolve(['all']));
  expect(remote.endpoint).toBe(server.endpoint);
  await running.cancel();
  await running.outcomes;
  const until = async (events: AsyncIterable<Event>) => {
    const told: Event[] = [];
    for await (const event of events) {
      told.push(event);
      if (event.type === 'job.settled' && event.id === running.id) break;
    }
    return told;
  };
  expect(plain(await until(other))).toEqual(plain(await until(reader)));
});

test('has commands with everything that a prompt needs, and checks typed input', async () => {
  const open = await openApi();
  const remote = await remoteOf(open);
  expect([...remote.commands.keys()]).toEqual([...open.server.commands.keys()]);
  const own = open.server.commands.get('calculate');
  const calculate = remote.commands.get('calculate');
  expect(calculate).toMatchObject({ kind: 'data', summary: own?.summary, example: own?.example });
  expect(calculate?.args.safeParse({ seconds: 1, message: 'x' }).success).toBe(true);
  expect(calculate?.args.safeParse({ seconds: -1, message: 'x' }).success).toBe(false);
  expect(remote.commands.get('say')?.args.safeParse({ text: 7 }).success).toBe(false);
});
