// Over 250 lines: a table of every method of the service, and tests that share its scene.
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type Call,
  createServer,
  type EventReader,
  type Interceptor,
  type JobKey,
  type JobService,
  ping,
  type Server,
  SignalboxError,
} from '../../src/index.ts';
import { openClient } from '../support/library.ts';
import { RecordingObserver } from '../support/recording-observer.ts';
import { refusal } from '../support/refusal.ts';
import { createSteps, type Steps, stepwise } from '../support/stepwise.ts';

interface Scene extends AsyncDisposable {
  readonly server: Server;
  readonly owner: JobService;
  readonly alice: JobService;
  readonly recorder: RecordingObserver;
  /** The commands that each client received. */
  readonly steps: Readonly<Record<string, Steps>>;
}

/** A server with these interceptors, and clients that run `stepwise`. */
async function open(interceptors: readonly Interceptor[], clients: readonly string[] = ['w1']): Promise<Scene> {
  await using stack = new AsyncDisposableStack();
  const recorder = new RecordingObserver();
  const bind = 'tcp://127.0.0.1:*';
  const commands = [stepwise, ping];
  const server = stack.use(await createServer({ bind, commands, observers: [recorder], interceptors }));
  const steps = Object.fromEntries(clients.map((name) => [name, createSteps()]));
  for (const name of clients) {
    stack.use(await openClient(server, { name, commands: steps[name] ? [steps[name].implementation] : [] }));
  }
  const owner = server.as('owner');
  await owner.waitForClients(clients.length);
  const kept = stack.move();
  const alice = server.as('alice');
  return { server, owner, alice, recorder, steps, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

const refuse = (): never => {
  throw new SignalboxError('not_allowed', 'alice may only ping web-*');
};

/** Allows alice only `ping` on `web-*`, and what concerns it. */
const onlyPingOnWeb: Interceptor = async (call, next) => {
  if (call.actor !== 'alice') return await next(call);
  const isOwn = ({ client, command }: { client: string | null; command: string }) =>
    client?.startsWith('web-') === true && command === 'ping';
  switch (call.method) {
    case 'submit':
      if (call.command.name !== 'ping' || !call.clients.every((client) => client.startsWith('web-'))) refuse();
      break;
    case 'cancel':
    case 'signal':
      if (!call.jobs.every(isOwn)) refuse();
      break;
    case 'get':
    case 'output':
    case 'records':
      if (!isOwn(call.job)) refuse();
      break;
    default:
      refuse();
  }
  return await next(call);
};

const clients = ['web-1', 'web-2', 'db-1'];

interface Jobs {
  /** `ping` on web-1, which has ended. */
  readonly pinged: JobKey;
  /** `stepwise` on web-1, and on db-1: they run. */
  readonly web: JobKey;
  readonly db: JobKey;
}

type Row = readonly [
  what: string,
  call: (service: JobService, jobs: Jobs) => Promise<unknown>,
  alice: 'allowed' | 'not_allowed',
];

const rows: readonly Row[] = [
  ['submit ping to web-1', (service) => service.submit('web-1', ping, {}), 'allowed'],
  ['submit ping to web-*', (service) => service.submit('web-*', ping, {}), 'allowed'],
  ['submit ping to two of web-*', (service) => service.submit(['web-1', 'web-2'], ping, {}), 'allowed'],
  ['submit ping with a key', (service) => service.submit('web-1', ping, {}, { key: 'a' }), 'allowed'],
  ['submit ping to db-1', (service) => service.submit('db-1', ping, {}), 'not_allowed'],
  ['submit ping to all', (service) => service.submit('all', ping, {}), 'not_allowed'],
  ['submit ping to web-1 and db-1', (service) => service.submit(['web-1', 'db-1'], ping, {}), 'not_allowed'],
  ['submit ping to *-1', (service) => service.submit('*-1', ping, {}), 'not_allowed'],
  ['submit stepwise to web-1', (service) => service.submit('web-1', stepwise, { label: 'a' }), 'not_allowed'],
  ['submit stepwise to all', (service) => service.submit('all', stepwise, { label: 'a' }), 'not_allowed'],
  ['cancel a ping', (service, { pinged }) => service.cancel([pinged]), 'allowed'],
  ['cancel stepwise on web-1', (service, { web }) => service.cancel([web]), 'not_allowed'],
  ['cancel stepwise on db-1', (service, { db }) => service.cancel([db]), 'not_allowed'],
  ['cancel a mixture', (service, { pinged, db }) => service.cancel([pinged, db]), 'not_allowed'],
  ['signal stepwise on web-1', (service, { web }) => service.signal([web], 'SIGUSR1'), 'not_allowed'],
  ['signal a mixture', (service, { pinged, web }) => service.signal([pinged, web], 'SIGUSR1'), 'not_allowed'],
  ['get a ping', (service, { pinged }) => service.get(pinged), 'allowed'],
  ['get stepwise on web-1', (service, { web }) => service.get(web), 'not_allowed'],
  ['output of a ping', (service, { pinged }) => service.output(pinged), 'allowed'],
  ['output of stepwise on db-1', (service, { db }) => service.output(db), 'not_allowed'],
  ['records of a ping', (service, { pinged }) => service.records(pinged), 'allowed'],
  ['records of stepwise on db-1', (service, { db }) => service.records(db), 'not_allowed'],
  ['list', (service) => service.list(), 'not_allowed'],
  ['list running jobs', (service) => service.list({ state: 'running' }), 'not_allowed'],
  ['clients', (service) => service.clients(), 'not_allowed'],
  ['forget web-1, which is connected', (service) => service.forget('web-1').catch(expectBadUsage), 'not_allowed'],
  ['resolve web-*', (service) => service.resolve('web-*'), 'not_allowed'],
  ['waitForClients', (service) => service.waitForClients(1), 'not_allowed'],
  ['watch', (service) => firstEventOf(service), 'not_allowed'],
];

/** Any caller gets the error. */
function expectBadUsage(error: SignalboxError): void {
  if (error.code !== 'bad_usage') throw error;
}

/** Reads one event, which the owner causes. */
async function firstEventOf(service: JobService): Promise<unknown> {
  await using reader: EventReader = service.watch();
  const first = reader.next();
  await service.as('owner').submit('web-1', ping, {});
  return await first;
}

/** The owner's running jobs, and the ended ones. */
async function begin({ owner }: Scene): Promise<Jobs> {
  const done = await owner.submit('web-1', ping, {});
  await done.outcomes;
  const [web, db] = [
    await owner.submit('web-1', stepwise, { label: 'a' }),
    await owner.submit('db-1', stepwise, { label: 'b' }),
  ];
  expect([await web.accepted, await db.accepted]).toEqual([[true], [true]]);
  return {
    pinged: { id: done.id, client: 'web-1' },
    web: { id: web.id, client: 'web-1' },
    db: { id: db.id, client: 'db-1' },
  };
}

/** `allowed`, or the code of the refusal. */
const verdictOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'allowed',
    (error) => (error instanceof SignalboxError ? error.code : String(error)),
  );

test.for(rows)(
  '%s: an actor that may only ping web-* is answered, or refused before anything happens; the owner may call it',
  async ([what, call, alice]) => {
    await using scene = await open([onlyPingOnWeb], clients);
    const jobs = await begin(scene);
    const before = scene.recorder.events.filter(({ actor }) => actor === 'alice').length;
    expect(await verdictOf(call(scene.alice, jobs))).toBe(alice);
    if (alice === 'not_allowed') {
      expect(scene.recorder.events.filter(({ actor }) => actor === 'alice')).toHaveLength(before);
      const begun = Object.values(scene.steps).flatMap(({ begun }) => begun);
      expect(begun.map(({ job }) => job.signal.aborted)).toEqual([false, false]);
      expect((await scene.owner.list({ state: 'running' })).map(({ client }) => client).sort()).toEqual([
        'db-1',
        'web-1',
      ]);
    }
    // A mixture: one job has ended, and accepts no signals.
    if (what !== 'signal a mixture') expect(await verdictOf(call(scene.owner, jobs))).toBe('allowed');
  },
);

test('a handle of another actor cancels as the actor that submitted it, and passes the interceptors as that actor', async () => {
  const cancels: string[] = [];
  await using scene = await open([
    async (call, next) => {
      if (call.method === 'cancel') cancels.push(call.actor);
      return await next(call);
    },
  ]);
  const group = await scene.alice.submit('w1', stepwise, { label: 'a' });
  await scene.steps.w1?.begins();
  await group.cancel();
  expect(await group.outcomes).toMatchObject([{ outcome: 'cancelled' }]);
  expect(cancels).toEqual(['alice']);
});

/** Changes each submission. */
const changing =
  (change: (call: Extract<Call, { method: 'submit' }>) => object): Interceptor =>
  async (call, next) =>
    await next(call.method === 'submit' ? ({ ...call, ...change(call) } as Call) : call);

test('arguments that an interceptor changes are the ones that are sent and reported', async () => {
  await using scene = await open([changing(() => ({ args: { label: 'changed' } }))]);
  await scene.alice.submit('w1', stepwise, { label: 'a' });
  expect((await scene.steps.w1?.begins())?.label).toBe('changed');
  expect(scene.recorder.of('job.submitted')).toMatchObject([{ actor: 'alice', args: { label: 'changed' } }]);
});

test('a client that an interceptor excludes gets nothing', async () => {
  await using scene = await open(
    [changing(({ clients: all }) => ({ clients: all.filter((one) => one !== 'w2') }))],
    ['w1', 'w2', 'w3'],
  );
  const group = await scene.alice.submit('all', ping, {});
  expect((await group.outcomes).map(({ client }) => client)).toEqual(['w1', 'w3']);
  expect(scene.recorder.of('job.submitted').map(({ client }) => client)).toEqual(['w1', 'w3']);
});

test.for<[string, Interceptor, string]>([
  ['arguments that do not fit', changing(() => ({ args: { label: 7 } })), 'bad_arguments'],
  ['a client more', changing(() => ({ clients: ['w1', 'w2'] })), 'bad_usage'],
  ['an unknown client', changing(() => ({ clients: ['nobody'] })), 'bad_usage'],
  ['a client twice', changing(() => ({ clients: ['w1', 'w1'] })), 'bad_usage'],
  ['no client', changing(() => ({ clients: [] })), 'not_allowed'],
  ['another actor', changing(() => ({ actor: 'owner' })), 'bad_usage'],
  ['a command that is not of this server', changing(() => ({ command: { ...stepwise, name: 'other' } })), 'bad_usage'],
  ['an invalid traceparent', changing(() => ({ options: { traceparent: 'none' } })), 'bad_arguments'],
  [
    'a client more in place',
    changing(({ clients: all }) => ({ clients: (all as string[]).push('w2') && all })),
    'bad_usage',
  ],
  [
    'a call of another method',
    async (call, next) => await next(call.method === 'submit' ? { method: 'clients', actor: call.actor } : call),
    'bad_usage',
  ],
])('%s, put in by an interceptor, is refused, and nothing is sent', async ([, interceptor, code]) => {
  await using scene = await open([interceptor], ['w1', 'w2']);
  await expect(scene.alice.submit('w1', stepwise, { label: 'a' })).rejects.toThrow(refusal(code as 'bad_usage'));
  expect(scene.recorder.of('job.submitted')).toEqual([]);
});

test('an interceptor that calls next twice sends once', async () => {
  await using scene = await open([
    async (call, next) => {
      const result = await next(call);
      if (call.method === 'submit') await expect(next(call)).rejects.toThrow(refusal('bad_usage'));
      return result;
    },
  ]);
  await (await scene.alice.submit('w1', ping, {})).outcomes;
  expect(scene.recorder.of('job.submitted')).toHaveLength(1);
});

test('an interceptor that refuses and calls next later sends nothing', async () => {
  const later = Promise.withResolvers<() => Promise<unknown>>();
  await using scene = await open([
    async (call, next) => {
      if (call.method !== 'submit' || call.actor !== 'alice') return await next(call);
      later.resolve(() => next(call));
      return refuse();
    },
  ]);
  await expect(scene.alice.submit('w1', ping, {})).rejects.toThrow(refusal('not_allowed'));
  await expect((await later.promise)()).rejects.toThrow(refusal('bad_usage'));
  expect(scene.recorder.of('job.submitted')).toEqual([]);
});

test('an interceptor that calls next and refuses while an earlier submission is pending sends nothing in its turn', async () => {
  const gate = Promise.withResolvers<void>();
  const passed = Promise.withResolvers<() => Promise<unknown>>();
  await using scene = await open([
    async (call, next) => {
      if (call.method !== 'submit') return await next(call);
      if (call.options.timeoutMs === 1_000) {
        const late = next(call);
        passed.resolve(() => late);
        return refuse();
      }
      await gate.promise;
      return await next(call);
    },
  ]);
  const first = scene.alice.submit('w1', ping, {});
  await expect(scene.alice.submit('w1', ping, {}, { timeoutMs: 1_000 })).rejects.toThrow(refusal('not_allowed'));
  gate.resolve();
  await (await first).outcomes;
  // A rejection that nobody awaits does not end the process.
  await expect((await passed.promise)()).rejects.toThrow(refusal('bad_usage'));
  expect(scene.recorder.of('job.submitted')).toHaveLength(1);
});

test('a submission whose signal aborts during an interceptor rejects with the reason, and is not sent later', async () => {
  const later = Promise.withResolvers<() => Promise<unknown>>();
  await using scene = await open([
    async (call, next) => {
      if (call.method !== 'submit' || call.actor !== 'alice') return await next(call);
      const gate = Promise.withResolvers<unknown>();
      later.resolve(() => {
        const passed = next(call);
        passed.then(gate.resolve, gate.reject);
        return passed;
      });
      return await gate.promise;
    },
  ]);
  const aborting = new AbortController();
  const submitting = scene.alice.submit('w1', ping, {}, { signal: aborting.signal });
  const next = await later.promise;
  aborting.abort(new Error('enough'));
  await expect(submitting).rejects.toThrow('enough');
  await expect(next()).rejects.toThrow('enough');
  expect(scene.recorder.of('job.submitted')).toEqual([]);
});

test('an interceptor that never calls next and never settles blocks its caller, and nobody else', async () => {
  await using scene = await open([
    (call, next) => (call.method === 'submit' && call.actor === 'alice' ? new Promise(() => {}) : next(call)),
  ]);
  const signal = AbortSignal.timeout(1);
  await expect(scene.alice.submit('w1', ping, {}, { signal })).rejects.toThrow();
  expect(await (await scene.owner.submit('w1', ping, {})).outcomes).toMatchObject([{ outcome: 'completed' }]);
});

test('an interceptor that answers instead of the service sends nothing', async () => {
  const kept: unknown[] = [];
  await using scene = await open([
    async (call, next) => {
      if (call.method !== 'submit' || kept.length === 0) kept.push(await next(call));
      return call.method === 'submit' ? kept.at(-1) : kept.pop();
    },
  ]);
  const first = await scene.alice.submit('w1', ping, {});
  expect(await scene.alice.submit('w1', ping, {})).toBe(first);
  expect(scene.recorder.of('job.submitted')).toHaveLength(1);
});

test('an interceptor that continues after it has called next does not delay later submissions', async () => {
  await using scene = await open([
    async (call, next) => {
      const result = await next(call);
      if (call.method === 'submit') await (result as { outcomes: Promise<unknown> }).outcomes;
      return result;
    },
  ]);
  const slow = scene.alice.submit('w1', stepwise, { label: 'a' });
  const work = await scene.steps.w1?.begins();
  await scene.alice.submit('w1', ping, {});
  work?.end();
  await slow;
  expect(scene.recorder.of('job.submitted').map(({ command }) => command)).toEqual(['stepwise', 'ping']);
});

test('submissions of one caller keep their order, however long interceptors take and whichever they refuse', async () => {
  let waits: readonly number[] = [];
  const slow: Interceptor = async (call, next) => {
    if (call.method !== 'submit') return await next(call);
    const at = Number(call.options.key);
    await delay(waits[at] ?? 0);
    if (at % 5 === 4) refuse();
    const result = await next(call);
    await delay(waits.at(-1 - at) ?? 0);
    return result;
  };
  await using scene = await open([slow]);
  let run = 0;
  const property = fc.asyncProperty(
    fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 2, maxLength: 12 }),
    async (waitsMs) => {
      waits = waitsMs;
      run += 1;
      const actors = [`a${run}`, `b${run}`];
      const submit = (actor: string, at: number) =>
        scene.server
          .as(actor)
          .submit('w1', stepwise, { label: `${at}` }, { key: `${at}` })
          .catch(() => {});
      await Promise.all(waitsMs.flatMap((_, at) => actors.map((actor) => submit(actor, at))));
      const expected = waitsMs.map((_, at) => at).filter((at) => at % 5 !== 4);
      for (const actor of actors) {
        const sent = scene.recorder.of('job.submitted').filter((event) => event.actor === actor);
        expect(sent.map(({ args }) => Number(args.label))).toEqual(expected);
      }
    },
  );
  await fc.assert(property, { numRuns: 10 });
});

test('an interceptor that refuses to watch, or answers without next, holds back no ack, because nobody reads', async () => {
  await using scene = await open([
    async (call, next) => {
      if (call.method !== 'watch') return await next(call);
      return call.actor === 'alice' ? refuse() : { next: async () => ({ done: true, value: undefined }) };
    },
  ]);
  await expect(scene.alice.watch().next()).rejects.toThrow(refusal('not_allowed'));
  expect(await scene.owner.watch().next()).toEqual({ done: true, value: undefined });
  const client = await openClient(scene.server, { name: 'w2' });
  await scene.owner.waitForClients(2);
  await (await scene.owner.submit('w2', ping, {})).outcomes;
  await client.close();
  // It would report unacknowledged jobs.
  expect(client.told.of('left')).toEqual([]);
});

test('several interceptors are called in order, and each gets the call as the previous one changed it', async () => {
  const seen: string[] = [];
  const adding =
    (name: string): Interceptor =>
    async (call, next) => {
      if (call.method !== 'submit') return await next(call);
      seen.push(`${name} ${call.args.label}`);
      const result = await next({ ...call, args: { label: `${call.args.label}${name}` } });
      seen.push(name);
      return result;
    };
  await using scene = await open([adding('x'), adding('y')]);
  await scene.alice.submit('w1', stepwise, { label: 'a' });
  expect((await scene.steps.w1?.begins())?.label).toBe('axy');
  expect(seen).toEqual(['x a', 'y ax', 'y', 'x']);
});
