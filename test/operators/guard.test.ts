import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RoleDefinitions } from '../../schemas/roles.ts';
import { type Event, ping, SignalboxError } from '../../src/index.ts';
import type { JobService } from '../../src/plugin/job-service.ts';
import { refusal } from '../support/refusal.ts';
import { stepwise } from '../support/stepwise.ts';
import { openScene } from './scene.ts';

const definitions: RoleDefinitions = {
  tester: { do: [{ commands: ['ping'], targets: 'env=test' }] },
  grouped: { see: [{ targets: 'tests' }] },
  watcher: { see: [{ targets: 'env=test', commands: ['stepwise'] }] },
};
let scene: Awaited<ReturnType<typeof openScene>>;
let tester: JobService;

beforeAll(async () => {
  scene = await openScene(definitions);
  tester = scene.as('tester');
});
afterAll(() => scene[Symbol.asyncDispose]());

/** The text of an error, with the request replaced. */
async function words(call: Promise<unknown>, asked: string): Promise<string> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof SignalboxError)) throw new Error('it was not refused');
  return `${error.code}: ${error.message.replaceAll(new RegExp(`\\b${asked}\\b`, 'g'), 'IT')}`;
}

describe('an operator that may ping clients whose keys have env=test', () => {
  test('sees only that client, and not one that only declares the label', async () => {
    expect((await tester.clients()).map(({ name }) => name)).toEqual(['t1']);
    expect(await tester.resolve('all')).toEqual(['t1']);
    expect(await tester.resolve('env=test')).toEqual(['t1']);
    expect(await tester.resolve('*1')).toEqual(['t1']);
  });

  test.each(['p1', 'x1', 'secret', 'mixed'])('gets for %s the same answer as for an unknown name', async (name) => {
    const there = [tester.resolve(name), tester.submit(name, ping, {}), tester.resolve(`t1,!${name}`)];
    const not = [tester.resolve('zz'), tester.submit('zz', ping, {}), tester.resolve('t1,!zz')];
    expect(await Promise.all(there.map((call) => words(call, name)))).toEqual(
      await Promise.all(not.map((call) => words(call, 'zz'))),
    );
  });

  test('gets only its own values of labels and of groups', async () => {
    expect(await words(tester.resolve('env=prod'), 'prod')).not.toContain('prod');
    expect([...tester.groups]).toEqual([]);
    // The role names this group, so the operator sees it, but not its definition.
    const grouped = scene.as('grouped');
    expect([...grouped.groups]).toEqual([['tests', '']]);
    expect([await grouped.resolve('tests'), await grouped.resolve('all')]).toEqual([['t1'], ['t1']]);
  });

  test('sees only its own job of a submission to several clients', async () => {
    const { id } = scene.sent;
    const isSent = (job: { id: string }) => job.id === id;
    expect((await tester.list()).filter(isSent).map(({ client }) => client)).toEqual(['t1']);
    const { jobs } = await tester.history({ id });
    expect(jobs.map(({ client }) => client)).toEqual(['t1']);
    expect((await tester.history({ client: 'p1' })).jobs).toEqual([]);
    expect((await tester.get({ id, client: 't1' })).outcome).toBe('completed');
  });

  test('gets for the job of another client the same answer as for an unknown one', async () => {
    const { id } = scene.sent;
    const calls = (client: string) => [
      tester.get({ id, client }),
      tester.output({ id, client }),
      tester.records({ id, client }),
      tester.cancel([{ id, client }]),
      tester.signal([{ id, client }], 'SIGINT'),
      tester.cancel([
        { id, client: 't1' },
        { id, client },
      ]),
    ];
    const hidden = await Promise.all(calls('p1').map((call) => words(call, 'p1')));
    expect(hidden).toEqual(await Promise.all(calls('zz').map((call) => words(call, 'zz'))));
    expect(hidden[0]).toMatch(/^no_such_job/);
  });

  test('can send that command there, and no other', async () => {
    const group = await tester.submit('all', ping, {});
    expect(await group.outcomes).toMatchObject([{ client: 't1', outcome: 'completed' }]);
    await expect(tester.submit('t1', stepwise, { label: 'a' })).rejects.toThrow(refusal('not_allowed'));
    await expect(tester.forget('t1')).rejects.toThrow(refusal('not_allowed'));
    await expect(tester.call('operators/add', {})).rejects.toThrow(refusal('not_allowed'));
    await expect(tester.call('no/such', {})).rejects.toThrow(refusal('not_allowed'));
  });

  test('sees the commands that it may send or see, and only these commands of a client', async () => {
    expect([...tester.commands.keys()]).toEqual(['ping']);
    expect((await tester.clients()).map(({ commands }) => commands)).toEqual([['ping']]);
    expect([...scene.as('watcher').commands.keys()]).toEqual(['stepwise']);
    expect(scene.as('viewer').commands).toEqual(scene.owner.commands);
    expect([...scene.as('nobody').commands.keys()]).toEqual([]);
  });

  test('waits for clients that it sees', async () => {
    await tester.waitForClients(1);
    const timeUp = AbortSignal.timeout(50);
    await expect(tester.waitForClients(2, { signal: timeUp })).rejects.toThrow();
  });

  test('counts only the visible work of a client', async () => {
    const group = await scene.owner.submit('t1', stepwise, { label: 'busy' });
    await group.accepted;
    expect((await scene.owner.clients()).find(({ name }) => name === 't1')?.runningJobs).toBe(1);
    expect((await tester.clients()).map(({ runningJobs }) => runningJobs)).toEqual([0]);
    await group.cancel();
    await group.outcomes;
  });
});

/** Events up to a ping from its own actor. */
async function eventsUntilPing(service: JobService, from: number | undefined, act: () => Promise<void>) {
  const events: Event[] = [];
  await using reader = service.watch(from === undefined ? {} : { from });
  await act();
  const last = await scene.owner.submit('t1', ping, {});
  for await (const event of reader) {
    events.push(event);
    if (event.type === 'job.settled' && event.id === last.id) break;
  }
  return events;
}

describe('events', () => {
  test.each<[string, number | undefined]>([
    ['that come', undefined],
    ['of the log', 1],
  ])('%s are those of jobs and clients that are seen', async (_, from) => {
    const events = await eventsUntilPing(tester, from, async () => {
      const group = await scene.owner.submit('all', ping, {});
      await group.outcomes;
      const other = await scene.owner.submit('all', stepwise, { label: 'hidden' });
      await other.cancel();
      await other.outcomes;
    });
    const about = new Set(events.map((event) => ('client' in event ? event.client : event.type)));
    expect([...about]).toEqual(['t1']);
    const commands = new Set(events.flatMap((event) => ('command' in event ? event.command : [])));
    expect([...commands]).toEqual(['ping']);
    expect(JSON.stringify(events)).not.toMatch(/\b(?:p1|x1|prod)\b/);
  });

  test('end when their reader is no longer an operator, and then no call is possible', async () => {
    const [role] = [...scene.roles.values()];
    if (role) scene.operators.set('shortly', role);
    const service = scene.as('shortly');
    const reader = service.watch();
    const next = reader.next();
    scene.operators.remove('shortly');
    await expect(next).rejects.toThrow(refusal('not_allowed'));
    await expect(service.list()).rejects.toThrow(refusal('not_allowed'));
    await expect(service.submit('all', ping, {})).rejects.toThrow(refusal('no_such_target'));
    await expect(service.clients()).rejects.toThrow(refusal('not_allowed'));
  });
});

describe('a viewer', () => {
  test('sees every job without arguments, and the names of the omitted arguments', async () => {
    const viewer = scene.as('viewer');
    const group = await scene.owner.submit('p1', stepwise, { label: 'secret' });
    await group.cancel();
    await group.outcomes;
    const { id } = group;
    expect((await viewer.history({ id })).jobs).toMatchObject([{ client: 'p1', args: {} }]);
    expect(await viewer.get({ id, client: 'p1' })).toMatchObject({ args: {}, redacted: ['label'] });
    expect((await scene.as('operator').get({ id, client: 'p1' })).args).toEqual({ label: 'secret' });
    expect((await viewer.clients()).map(({ name }) => name)).toEqual(['p1', 't1', 'x1']);
  });

  test('cannot change anything', async () => {
    const viewer = scene.as('viewer');
    const { id } = scene.sent;
    for (const call of [
      viewer.submit('all', ping, {}),
      viewer.cancel([{ id, client: 'p1' }]),
      viewer.signal([{ id, client: 'p1' }], 'SIGINT'),
      viewer.forget('p1'),
    ]) {
      await expect(call).rejects.toThrow(refusal('not_allowed'));
    }
  });
});

describe('pages of the history', () => {
  test('contain the visible jobs, whatever else exists, and their cursors name no hidden job', async () => {
    for (let time = 0; time < 5; time += 1) {
      await (await scene.owner.submit(['p1', 'x1', 't1'], ping, {})).outcomes;
      await (await scene.owner.submit(['p1', 'x1'], ping, {})).outcomes;
    }
    const whole = (await scene.owner.history({}, { limit: 1_000 })).jobs.filter(
      ({ client, command }) => client === 't1' && command === 'ping',
    );
    for (const limit of [1, 2, 3, 7]) {
      const jobs: unknown[] = [];
      let from: string | undefined;
      do {
        const page = await tester.history({}, { limit, ...(from !== undefined && { from }) });
        jobs.push(...page.jobs);
        from = page.next;
        expect(from ?? '').not.toMatch(/\b(?:p1|x1)\b/);
        expect(page.jobs.length).toBeLessThanOrEqual(limit);
      } while (from !== undefined);
      expect(jobs).toEqual(whole);
    }
  });
});

test('a submit key gives no group whose jobs may no longer be seen', async () => {
  const role = scene.roles.get('operator');
  if (role) scene.operators.set('moved', role);
  const service = scene.as('moved');
  const group = await service.submit('all', ping, {}, { key: 'one' });
  expect(group.jobs).toHaveLength(3);
  const narrow = scene.roles.get('tester');
  if (narrow) scene.operators.set('moved', narrow);
  await expect(service.submit('all', ping, {}, { key: 'one' })).rejects.toThrow(refusal('not_allowed'));
});

test('a visible job without a right to cancel it is not cancelled', async () => {
  const group = await scene.owner.submit('t1', stepwise, { label: 'mine' });
  await group.accepted;
  const [{ id = '', client = null } = {}] = group.jobs;
  await expect(scene.as('watcher').cancel([{ id, client }])).rejects.toThrow(refusal('not_allowed'));
  expect((await scene.as('watcher').get({ id, client })).args).toEqual({});
  await group.cancel();
  await group.outcomes;
});
