import { describe, expect, test } from 'vitest';
import { openServer, startClient } from '../support/library.ts';
import { LinkProxy } from '../support/proxy.ts';
import { createSteps, stepwise } from '../support/stepwise.ts';

const commands = [stepwise];

describe('the next server on the same address', () => {
  test('adopts the running job: it is reported as adopted, with all its output, and its outcome once', async () => {
    const steps = createSteps();
    await using first = await openServer({ commands });
    await using client = await startClient(first, { commands: [steps.implementation] });
    await first.waitForClients(1);
    const { id } = await first.submit('w1', stepwise, { label: 'long' });
    const work = await steps.begins();
    work.job.output('stdout', 'before ');
    await first.told.first((event) => event.type === 'job.output');
    await first.close();
    work.job.output('stdout', 'between ');
    await using second = await openServer({ commands, bind: first.endpoint });
    await second.waitForClients(1);
    work.job.output('stdout', 'after');
    work.end();
    const result = await second.told.first((event) => event.type === 'job.settled');
    const about = { id, client: 'w1', command: 'stepwise', adopted: true };
    expect(result).toMatchObject({ ...about, outcome: 'completed', result: { label: 'long', length: 4 } });
    expect(second.told.of('job.accepted')).toMatchObject([{ type: 'job.accepted', ...about }]);
    expect(second.told.of('job.output').every(({ adopted }) => adopted)).toBe(true);
    expect(await second.output({ id, client: 'w1' })).toStrictEqual([
      { stream: 'stdout', offset: 0, data: Buffer.from('before between after') },
    ]);
    expect(second.told.of('job.settled')).toHaveLength(1);
    expect(await second.list()).toMatchObject([{ id, adopted: true, state: 'settled', outcome: 'completed' }]);
    expect(steps.begun).toHaveLength(1);
    expect(client.told.of('connected')).toHaveLength(2);
  });

  test('gets the outcome of a job that ended while no server listened', async () => {
    const steps = createSteps();
    await using first = await openServer({ commands });
    await using client = await startClient(first, { commands: [steps.implementation] });
    await first.waitForClients(1);
    const groups = await Promise.all(['a', 'b'].map((label) => first.submit('w1', stepwise, { label })));
    const ids = groups.map(({ id }) => id);
    await steps.begins(2);
    await first.close();
    await client.told.first(({ type }) => type === 'disconnected');
    steps.begun[0]?.end();
    steps.begun[1]?.fail(new Error('broken'));
    await using second = await openServer({ commands, bind: first.endpoint });
    for (const id of ids) await second.told.first((event) => event.type === 'job.settled' && event.id === id);
    expect(second.told.of('job.settled').map(({ id, outcome, adopted }) => [id, outcome, adopted])).toStrictEqual([
      [ids[0], 'completed', true],
      [ids[1], 'failed', true],
    ]);
  });

  test('can cancel an adopted job', async () => {
    const steps = createSteps();
    await using first = await openServer({ commands });
    await using client = await startClient(first, { commands: [steps.implementation] });
    await first.waitForClients(1);
    const { id } = await first.submit('w1', stepwise, { label: 'long' });
    await steps.begins();
    await first.close();
    await using second = await openServer({ commands, bind: first.endpoint });
    await second.waitForClients(1);
    await second.cancel([{ id, client: client.name }]);
    const result = await second.told.first((event) => event.type === 'job.settled');
    expect(result).toMatchObject({ id, outcome: 'cancelled', adopted: true });
  });

  test('numbers its own jobs separately, and a client accepts jobs of both', async () => {
    const steps = createSteps();
    await using first = await openServer({ commands });
    await using client = await startClient(first, { commands: [steps.implementation] });
    await first.waitForClients(1);
    const old = (await first.submit('w1', stepwise, { label: 'old' })).id;
    await steps.begins();
    await first.close();
    await using second = await openServer({ commands, bind: first.endpoint });
    await second.waitForClients(1);
    const group = await second.submit(client.name, stepwise, { label: 'new' });
    (await steps.begins(2)).end();
    expect(await group.outcomes).toMatchObject([{ outcome: 'completed', result: { label: 'new' } }]);
    expect([old.split('.')[1], group.id.split('.')[1]]).toStrictEqual(['1', '1']);
    expect((await second.list()).map(({ id, state }) => [id, state])).toStrictEqual([
      [group.id, 'settled'],
      [old, 'accepted'],
    ]);
  });
});

describe('two servers behind one address', () => {
  async function openTwo() {
    await using stack = new AsyncDisposableStack();
    const steps = createSteps();
    const [first, second] = [await openServer({ commands }), await openServer({ commands })].map((one) =>
      stack.use(one),
    );
    if (!first || !second) throw new Error('there are two');
    const portOf = (server: typeof first) => Number(server.endpoint.split(':').at(-1));
    const line = stack.use(await LinkProxy.start(portOf(first)));
    const endpoint = `tcp://127.0.0.1:${line.port}`;
    const { told } = stack.use(await startClient({ endpoint }, { commands: [steps.implementation] }));
    await first.waitForClients(1);
    /** Disconnects, and the client reconnects to this one. */
    const turnTo = async (server: typeof first) => {
      const before = told.of('connected').length;
      line.targetPort = portOf(server);
      line.cut('rst');
      line.thaw();
      await told.first(() => told.of('connected').length > before);
      await server.waitForClients(1);
    };
    const kept = stack.move();
    return { first, second, line, steps, turnTo, [Symbol.asyncDispose]: () => kept.disposeAsync() };
  }

  test('a job whose outcome the other server has received does not run again: it is lost to the first', async () => {
    await using open = await openTwo();
    const { first, second, line, steps, turnTo } = open;
    line.freeze('up');
    const group = await first.submit('w1', stepwise, { label: 'once' });
    const work = await steps.begins();
    await turnTo(second);
    work.end();
    await second.told.first((event) => event.type === 'job.settled');
    // This ack is read before another command.
    const next = await second.submit('w1', stepwise, { label: 'next' });
    (await steps.begins(2)).end();
    await next.outcomes;
    await turnTo(first);
    expect(await group.outcomes).toMatchObject([{ outcome: 'lost' }]);
    expect(steps.begun.map(({ label }) => label)).toEqual(['once', 'next']);
  });

  test('each numbers its own commands, and each command runs once however often they take turns', async () => {
    await using open = await openTwo();
    const { first, second, steps, turnTo } = open;
    for (const server of [first, second, first, second, first]) {
      await turnTo(server);
      const group = await server.submit('w1', stepwise, { label: 'one' });
      (await steps.begins(steps.begun.length + 1)).end();
      expect(await group.outcomes).toMatchObject([{ outcome: 'completed' }]);
    }
    expect(steps.begun).toHaveLength(5);
  });
});

describe('after a broken connection', () => {
  async function openLine() {
    await using stack = new AsyncDisposableStack();
    const steps = createSteps();
    const server = stack.use(await openServer({ commands }));
    const line = stack.use(await LinkProxy.start(Number(server.endpoint.split(':').at(-1))));
    const endpoint = `tcp://127.0.0.1:${line.port}`;
    const client = stack.use(await startClient({ endpoint }, { commands: [steps.implementation] }));
    await server.waitForClients(1);
    const kept = stack.move();
    return { server, client, line, steps, [Symbol.asyncDispose]: () => kept.disposeAsync() };
  }

  test('the client returns with the same boot id and its jobs', async () => {
    await using open = await openLine();
    const { server, client, line, steps } = open;
    const group = await server.submit('w1', stepwise, { label: 'long' });
    const work = await steps.begins();
    work.job.output('stdout', 'one ');
    await server.told.first((event) => event.type === 'job.output');
    line.cut('rst');
    await server.told.first((event) => event.type === 'client.state' && event.state === 'offline');
    work.job.output('stdout', 'two');
    await server.waitForClients(1);
    expect(await server.clients()).toMatchObject([{ bootId: client.bootId, state: 'ready', runningJobs: 1 }]);
    work.end();
    expect(await group.outcomes).toMatchObject([{ outcome: 'completed' }]);
    expect(await server.output({ id: group.id, client: 'w1' })).toStrictEqual([
      { stream: 'stdout', offset: 0, data: Buffer.from('one two') },
    ]);
    expect(server.told.of('job.accepted')).toHaveLength(1);
    expect(server.told.of('job.settled')).toHaveLength(1);
    expect(steps.begun).toHaveLength(1);
  });

  test('a job that ended in the meantime is reported once', async () => {
    await using open = await openLine();
    const { server, line, steps } = open;
    const group = await server.submit('w1', stepwise, { label: 'long' });
    const work = await steps.begins();
    line.cut('fin');
    await server.told.first((event) => event.type === 'client.state' && event.state === 'offline');
    work.end();
    expect(await group.outcomes).toMatchObject([{ outcome: 'completed' }]);
    expect(server.told.of('job.settled')).toHaveLength(1);
  });

  test('a job of a client that stays away is lost, and its result is late', async () => {
    const steps = createSteps();
    await using server = await openServer({ commands, lostAfterMs: 1 });
    await using line = await LinkProxy.start(Number(server.endpoint.split(':').at(-1)));
    const endpoint = `tcp://127.0.0.1:${line.port}`;
    await using client = await startClient({ endpoint }, { commands: [steps.implementation] });
    await server.waitForClients(1);
    const group = await server.submit('w1', stepwise, { label: 'long' });
    const work = await steps.begins();
    line.refuse();
    line.cut('rst');
    expect(await group.outcomes).toMatchObject([{ outcome: 'lost', durationMs: undefined, error: { code: 'lost' } }]);
    work.end();
    await line.accept();
    const late = await server.told.first((event) => event.type === 'job.late');
    expect(late).toMatchObject({ id: group.id, outcome: 'completed', result: { label: 'long', length: 4 } });
    expect(await server.list()).toMatchObject([{ id: group.id, outcome: 'lost' }]);
    expect(client.told.of('connected').length).toBeGreaterThanOrEqual(2);
  });
});
