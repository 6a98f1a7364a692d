import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RoleDefinition } from '../../schemas/roles.ts';
import { type JobService, type JobView, ping, SignalboxError } from '../../src/index.ts';
import { RoleGuard } from '../../src/operators/guard.ts';
import { mayDo, seesArguments, seesClient, seesJob } from '../../src/operators/rights.ts';
import { createRoles, type Role } from '../../src/operators/role.ts';
import { createMemoryStore } from '../../src/store/memory/memory-store.ts';
import { createGroups } from '../../src/target-groups.ts';
import { createKeyFolder } from '../support/key-folder.ts';
import { openClient, openServer } from '../support/library.ts';
import { createSteps, stepwise } from '../support/stepwise.ts';
import { SomeOperators } from './scene.ts';

/** The labels in the keys; each client declares `env=test`, too. */
const fleet = { zebra: { env: 'test' }, yak: { env: 'prod' }, wolf: { env: 'prod', site: 'eu' }, vole: {} };
const names = Object.keys(fleet) as (keyof typeof fleet)[];
const groups = { herd: 'zebra,yak', pack: 'site=eu' };

const operators = new SomeOperators();
const opened = new AsyncDisposableStack();
let server: Awaited<ReturnType<typeof openServer>>;
let owner: JobService;

beforeAll(async () => {
  const keys = opened.use(createKeyFolder());
  for (const [name, labels] of Object.entries(fleet)) keys.store.addAll([name], { labels });
  const guard = new RoleGuard(operators);
  server = opened.use(
    await openServer({ keys: keys.folder, commands: [stepwise], groups, guard, store: createMemoryStore() }),
  );
  const steps = createSteps();
  const commands = [steps.implementation];
  for (const name of names) {
    opened.use(await openClient(server, { credentials: keys.of(name), commands, labels: { env: 'test', own: name } }));
  }
  await server.waitForClients(names.length);
  owner = server.as('local:owner');
  for (let time = 0; time < 3; time += 1) {
    await (await owner.submit('all', ping, {}, { key: `key-of-${time}` })).outcomes;
    for (const name of names) await (await owner.submit(name, stepwise, { label: `label-of-${name}` })).accepted;
    const places = { pick: 1, expiresInMs: 3_600_000 };
    await owner.submit('own=nobody', stepwise, { label: 'label-of-place' }, places);
  }
}, 30_000);
afterAll(() => opened.disposeAsync());

const target = fc.constantFrom('zebra', 'yak', 'w*', 'all', 'herd', 'pack', 'env=test', 'env=prod', 'site=*', '*,!yak');
const commands = fc.subarray(['ping', 'stepwise', 's*'], { minLength: 1 });
const definition = fc.record<RoleDefinition>({
  see: fc.array(fc.record({ targets: target, commands, arguments: fc.boolean() }), { maxLength: 2 }),
  do: fc.array(
    fc.record({
      ...{ targets: target, commands },
      methods: fc.subarray(['submit', 'cancel', 'signal'] as const, { minLength: 1 }),
    }),
    { maxLength: 1 },
  ),
});

/** The request, whose words may occur in the answer, and the answer. */
interface Asked {
  readonly words: string;
  readonly answer: (service: JobService) => Promise<unknown>;
}

const typed = fc.constantFrom(
  'all',
  '*',
  'online',
  'yak',
  'yak,zebra',
  'yk',
  'herd',
  'pakc',
  'env=test',
  'site=e',
  '*,!wolf',
);
const calls = fc.oneof(
  fc.constantFrom<Asked>(
    { words: '', answer: (service) => service.clients() },
    { words: '', answer: (service) => service.list() },
    { words: '', answer: (service) => service.list({ state: 'running' }) },
    { words: '', answer: async ({ groups: known, commands: those }) => [[...known], [...those.keys()]] },
    { words: '', answer: (service) => service.call('no/such', {}) },
    { words: '', answer: (service) => log(service) },
  ),
  typed.map((text): Asked => ({ words: text, answer: (service) => service.resolve(text) })),
  fc.tuple(typed, fc.constantFrom({}, { pick: 1 }, { pick: 2 }, { batch: 1 }, { key: 'key-of-1' })).map(
    ([text, options]): Asked => ({
      words: text + JSON.stringify(options),
      answer: (service) => sent(service, text, options),
    }),
  ),
  fc.integer({ min: 1, max: 5 }).map((limit): Asked => ({ words: '', answer: (service) => pages(service, limit) })),
  fc
    .tuple(fc.nat(), fc.constantFrom('get', 'output', 'records', 'cancel', 'signal'))
    .map(([at, method]): Asked => ({ words: '', answer: (service) => aboutJob(service, at, method) })),
);

async function log(service: JobService): Promise<unknown> {
  const last = await owner.submit('zebra', ping, {});
  await last.outcomes;
  const newest = server.told.all.findLast((event) => 'seq' in event);
  const upTo = newest && 'seq' in newest ? (newest.seq ?? 0) : 0;
  const timeUp = new AbortController();
  const events: unknown[] = [];
  const reading = (async () => {
    for await (const event of service.watch({ from: 1, signal: timeUp.signal })) events.push(event);
  })();
  // By then the owner's reader of the same log has read as far.
  for await (const event of owner.watch({ from: 1 })) if ('seq' in event && event.seq === upTo) break;
  await new Promise(setImmediate);
  timeUp.abort();
  await reading.catch(() => {});
  return events;
}

async function sent(service: JobService, text: string, options: object): Promise<unknown> {
  const group = await service.submit(text, ping, {}, options);
  return [group.id, (await group.outcomes).map(({ client, outcome }) => [client, outcome])];
}

async function pages(service: JobService, limit: number): Promise<unknown> {
  const found: unknown[] = [];
  let from: string | undefined;
  do {
    const page = await service.history({}, { limit, ...(from !== undefined && { from }) });
    found.push(page);
    from = page.next;
  } while (from !== undefined);
  return found;
}

/** @returns the answer about the job; for a hidden job, without the text that has its key. */
async function aboutJob(service: JobService, at: number, method: string): Promise<unknown> {
  const jobs = await owner.list();
  const { id, client, place } = jobs[at % jobs.length] as JobView;
  const key = { id, client, ...(place !== undefined && { place }) };
  const before = await owner.get(key);
  const answered = await answerOf(async () => {
    if (method === 'get') return await service.get(key);
    if (method === 'output') return await service.output(key);
    if (method === 'records') return await service.records(key);
    if (method === 'cancel') return (await service.cancel([key])) ?? 'cancelled';
    return (await service.signal([key], 'SIGINT')) ?? 'signalled';
  });
  return { answered: JSON.stringify(answered ?? '').replaceAll(client ?? 'null', 'IT'), method, before };
}

async function answerOf(call: () => Promise<unknown>): Promise<unknown> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof SignalboxError) return `${error.code}: ${error.message}`;
    throw error;
  }
}

const judged = ({ command, client, vouched = {} }: JobView) => ({
  ...{ command, isOwn: false },
  client: client === null ? undefined : { name: client, labels: vouched },
});

/** Words of clients, jobs and commands that the role does not see, which no answer may contain. */
function unseenWords(role: Role, jobs: readonly JobView[]): string[] {
  const clients = names.filter((name) => !seesClient(role, { name, labels: fleet[name] }));
  const shown = new Set(
    jobs.filter((job) => seesArguments(role, judged(job))).flatMap(({ args }) => String(args.label)),
  );
  const labels = new Set(jobs.flatMap(({ args }) => (args.label === undefined ? [] : String(args.label))));
  const seen = new Set(jobs.filter((job) => seesJob(role, judged(job))).map(({ id }) => id));
  const ids = new Set(jobs.map(({ id }) => id));
  return [
    ...clients,
    ...[...labels].filter((label) => !shown.has(label)),
    ...[...ids].filter((id) => !seen.has(id)).map((id) => `"${id}"`),
    // The operator itself tries that of 1.
    ...(seesEveryJob(role, jobs) ? [] : ['key-of-0', 'key-of-2']),
  ];
}

const seesEveryJob = (role: Role, jobs: readonly JobView[]) => jobs.every((job) => seesJob(role, judged(job)));

let count = 0;

test('no answer of a service contains a word of anything that the role does not see', async () => {
  await fc.assert(
    fc.asyncProperty(definition, fc.array(calls, { minLength: 1, maxLength: 6 }), async (given, asked) => {
      count += 1;
      const name = `op-${count}`;
      const role = createRoles({ mine: given }, createGroups(groups)).get('mine') as Role;
      operators.set(name, role);
      const service = server.as(`operator:${name}`);
      // Its own submissions are visible to it.
      const jobs = (await owner.list()).filter(({ actor }) => actor === 'local:owner');
      for (const { words, answer } of asked) {
        const answered = await answerOf(() => answer(service));
        const about = answered as Partial<Record<'answered' | 'method' | 'before', unknown>>;
        if (typeof answered === 'object' && answered !== null && 'before' in answered) {
          const before = about.before as JobView;
          const isSeen = seesJob(role, judged(before));
          if (!isSeen) expect(about.answered).toMatch(/^"no_such_job: no (job|place)/);
          if (about.method === 'cancel' || about.method === 'signal') {
            const may = mayDo(role, about.method, judged(before));
            if (isSeen && !may) expect(about.answered).toMatch(/^"not_allowed/);
          }
          continue;
        }
        const text = typeof answered === 'string' ? answered : JSON.stringify(answered ?? null, bytesAsText);
        for (const word of unseenWords(role, jobs)) if (!words.includes(word)) expect(text).not.toContain(word);
      }
      operators.remove(name);
    }),
    { numRuns: 300 },
  );
}, 120_000);

const bytesAsText = (_: string, value: unknown): unknown =>
  value instanceof Uint8Array ? Buffer.from(value).toString() : value;
