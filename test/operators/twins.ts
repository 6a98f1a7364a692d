import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { networkLimits } from '../../src/api/https/network-limits.ts';
import { serveHttps } from '../../src/api/https/serve-https.ts';
import { type JobService, ping, run, SignalboxError } from '../../src/index.ts';
import { RoleGuard } from '../../src/operators/guard.ts';
import { Operators } from '../../src/operators/operators.ts';
import { createRoles } from '../../src/operators/role.ts';
import { callSchedule } from '../../src/plugin/schedule-calls.ts';
import { callWorkflow } from '../../src/plugin/workflow-calls.ts';
import { httpsPlace } from '../../src/remote/https-place.ts';
import { RemoteJobService } from '../../src/remote/remote-job-service.ts';
import { createMemoryCollections } from '../../src/store/memory/memory-collection.ts';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import { createGroups } from '../../src/target-groups.ts';
import { Workflows } from '../../src/workflow/workflows.ts';
import { Authority } from '../api/https/certificates.ts';
import { createKeyFolder } from '../support/key-folder.ts';
import { openClient, openServer } from '../support/library.ts';
import { createSteps, stepwise } from '../support/stepwise.ts';

const minute = 60_000;

/** `tester` may `run` on `@env=test`; `pilot` may also use one workflow. */
const roles = createRoles(
  {
    tester: { do: [{ commands: ['run'], targets: 'env=test' }] },
    pilot: {
      do: [{ commands: ['run'], targets: 'env=test' }],
      workflows: { run: ['open', 'mine-*'], approve: ['open'], schedule: ['open'] },
    },
  },
  createGroups({}),
);

const groups = { secret: 'prod', mixed: 'tess,prod', tests: 'env=test' };
const asks = '{ a: { do: "@tess run true", approve: "Go on?" } }';

/** The subjects of an attempt: in the world without them, names, ids and numbers that do not exist. */
export interface Hidden {
  /** Of a job on `prod`, and of its submission, which was also sent to `tess`. */
  readonly id: string;
  readonly number: number;
  /** Of a job of a hidden command on the visible client. */
  readonly otherCommand: string;
  /** Of a waiting place of the owner. */
  readonly place: string;
  /** Of a run of the workflow `buried`. */
  readonly run: number;
}

export interface World extends AsyncDisposable {
  readonly hasHidden: boolean;
  readonly owner: JobService;
  readonly hidden: Hidden;
  /** Of a visible job of the owner on `tess`. */
  readonly seen: string;
  as(operator: string): JobService;
  /** The same service over https, with the token of the operator. */
  over(operator: string): Promise<JobService>;
  /** Causes a hidden event, in the world that has hidden things. */
  stir(): Promise<void>;
  /** The state of the hidden things, which no way may change. */
  untouched(): Promise<unknown>;
  /** An answer without the values that differ between servers: process ids, numbers, and durations. */
  plain(answer: unknown): string;
}

/**
 * A server with the client `tess`, whose keys have `env=test`. With `hidden` there is more: `prod`, whose keys have
 * `env=prod`; `liar`, which declares `env=test`; and jobs, submit keys, places, runs and schedules with
 * these, and with commands and workflows to which `tester` has no right.
 */
export async function openWorld(hasHidden: boolean): Promise<World> {
  await using opening = new AsyncDisposableStack();
  const keys = opening.use(createKeyFolder());
  keys.store.addAll(['tess'], { labels: { env: 'test' } });
  if (hasHidden) {
    keys.store.addAll(['prod'], { labels: { env: 'prod' } });
    keys.store.addAll(['liar']);
  }
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-twins-'));
  opening.defer(() => rmSync(folder, { recursive: true }));
  const flows = join(folder, 'flows');
  mkdirSync(flows);
  const daily = 'on: { cron: "0 3 1 1 *" }\n';
  writeFileSync(join(flows, 'open.yaml'), `${daily}tasks: ${asks}\n`);
  if (hasHidden) writeFileSync(join(flows, 'buried.yaml'), `${daily}tasks: { b: "@prod run true" }\n`);

  const operators = opening.use(await Operators.open(createMemoryCollections()('operators'), roles));
  const tokens = new Map<string, string>();
  for (const [name, role] of [
    ['tester', 'tester'],
    ['pilot', 'pilot'],
    ['other', 'operator'],
  ] as const) {
    tokens.set(name, await operators.add(name, { role, by: 'local:owner' }));
  }
  const workflows = new Workflows({ folder: flows, keepMs: 86_400_000, warn() {} });
  const poke = {
    name: 'poke',
    request: z.strictObject({}),
    response: z.string(),
    handle: () => 'poked',
  };
  const store = opening.use(await openSqliteStore({ path: join(folder, 'store.db') }));
  const server = opening.use(
    await openServer({
      ...{
        keys: keys.folder,
        groups,
        commands: [stepwise],
        guard: new RoleGuard(operators),
        store,
      },
      methods: new Map([...workflows.methods, ['plug/poke', poke as never]]),
    }),
  );
  const steps = createSteps();
  const commands = [steps.implementation];
  const allow = ['run', 'ping', 'stepwise'];
  const join_ = async (name: string, labels: Record<string, string>) =>
    opening.use(await openClient(server, { credentials: keys.of(name), commands, allow, labels }));
  await join_('tess', { role: 'web' });
  if (hasHidden) {
    await join_('prod', { role: 'db', floor: 'cellar' });
    await join_('liar', { env: 'test', role: 'web' });
  }
  await server.waitForClients(hasHidden ? 3 : 1);
  opening.use(workflows);
  await workflows.start(server);
  for (const { workflow } of (await callSchedule(server, 'list', {})).schedules) {
    await server.told.first((event) => event.type === 'schedule.loaded' && event.workflow === workflow);
  }

  const owner = server.as('local:owner');
  const visible = await owner.submit('tess', run, { argv: ['echo', 'seen'] });
  await visible.outcomes;
  await (await owner.submit('tess', run, { argv: ['false'] })).outcomes;
  const open = await callWorkflow(owner, 'run', { source: { name: 'open' } });
  while ((await callWorkflow(owner, 'show', { run: open.run })).tasks[0]?.state !== 'asking')
    await new Promise(setImmediate);

  const none = `${server.bootId}.999999`;
  let hidden: Hidden = { id: none, number: 999_999, otherCommand: none, place: none, run: 999_999 };
  if (hasHidden) {
    const other = server.as('operator:other');
    const secret = await other.submit(['tess', 'prod', 'liar'], stepwise, { label: 'secret' }, { key: 'nightly' });
    await secret.accepted;
    await (await owner.submit(['prod', 'liar'], run, { argv: ['echo', 'secret'] })).outcomes;
    const place = await owner.submit('floor=attic', ping, {}, { pick: 1, expiresInMs: 60 * minute });
    const buried = await callWorkflow(owner, 'run', { source: { name: 'buried' } });
    await callWorkflow(owner, 'wait', { run: buried.run });
    hidden = {
      ...{ id: secret.id, number: secret.number, otherCommand: secret.id, place: place.id, run: buried.run },
    };
  }
  const remotes = opening.use(new AsyncDisposableStack());
  let api: Awaited<ReturnType<typeof openApi>> | undefined;
  const clients = await server.clients();
  const boots = [server.bootId, ...clients.flatMap(({ bootId }) => bootId ?? [])];
  const stack = opening.move();
  return {
    ...{ hasHidden, owner, hidden, seen: visible.id },
    as: (operator) => server.as(`operator:${operator}`),
    async over(operator) {
      api ??= remotes.use(await openApi(server, operators, folder));
      const path = httpsPlace(new URL(api.url), { ca: api.ca, token: tokens.get(operator) });
      return remotes.use(await RemoteJobService.connect({ path }));
    },
    async stir() {
      if (!hasHidden) return;
      await (await owner.submit(['prod', 'liar'], run, { argv: ['echo', 'secret'] })).outcomes;
      const more = await owner.submit('all', stepwise, { label: 'more' });
      await more.cancel();
      await more.outcomes;
      const { run: buried } = await callWorkflow(owner, 'run', { source: { name: 'buried' } });
      await callWorkflow(owner, 'wait', { run: buried });
    },
    async untouched() {
      const { jobs } = await owner.history({ actor: 'operator:tester' }, { limit: 1_000 });
      const flown = await owner.history({ actor: 'operator:pilot' }, { limit: 1_000 });
      const touched = [...jobs, ...flown.jobs].filter(({ client }) => client !== 'tess' && client !== null);
      return {
        touched,
        running: (await owner.list({ state: 'running' })).map(({ client, command }) => [client, command]),
      };
    },
    plain(answer) {
      const text = typeof answer === 'string' ? answer : JSON.stringify(answer, plainValue);
      return (
        boots
          .reduce((words, boot) => words.replaceAll(boot, 'BOOT'), text)
          .replaceAll(folder, 'FOLDER')
          // A remote service generates the key of a submission.
          .replace(/"key":"[\w-]{16}"/g, '"key":"KEY"')
          .replace(/\b\d+(\.\d+)? ?(ms|s|m|h)\b/g, 'TIME')
          .replace(/\d+/g, '#')
          .replace(/ {2,}/g, ' ')
          .replace(/\^{2,}/g, '^')
          .replace(/#(\.#)?/g, '#')
      );
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

async function openApi(service: JobService, operators: Operators, folder: string) {
  const authority = new Authority(folder, 'authority');
  const api = await serveHttps(service, {
    at: { host: '127.0.0.1', port: 0 },
    tls: { ...authority.server('server'), min: '1.3' },
    credentials: operators,
    tell() {},
    limits: networkLimits,
  });
  return Object.assign(api, { ca: readFileSync(authority.cert, 'utf8') });
}

/** As JSON, which has neither bytes nor undefined. */
function plainValue(_: string, value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString();
  if (value instanceof Map) return [...value];
  return value;
}

/** The result of a call, or the text of its refusal. */
export async function answerOf(call: () => Promise<unknown>): Promise<unknown> {
  try {
    return (await call()) ?? null;
  } catch (error) {
    if (error instanceof SignalboxError) return { code: error.code, message: error.message };
    return { thrown: String(error) };
  }
}
