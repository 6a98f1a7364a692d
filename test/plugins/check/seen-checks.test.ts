import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openSqliteStore } from '../../../src/index.ts';
import { RoleGuard } from '../../../src/operators/guard.ts';
import { createRoles } from '../../../src/operators/role.ts';
import { check, default as plugin } from '../../../src/plugins/check/plugin.ts';
import { Standing } from '../../../src/standing/standing.ts';
import { SomeOperators } from '../../operators/scene.ts';
import { createKeyFolder } from '../../support/key-folder.ts';
import { openClient, openServer } from '../../support/library.ts';
import { newFolder } from '../../support/new-folder.ts';
import { refusal } from '../../support/refusal.ts';
import { answer, openSite } from './support/bad-site.ts';

const methods = ['check/*', 'standing/list'];
const roles = createRoles(
  {
    tester: { see: [{ targets: 'env=test' }], methods },
    dashboard: { see: [{ targets: 'all', commands: ['check'] }], methods: ['check/list'] },
    pinger: { see: [{ targets: 'all', commands: ['ping'] }], methods },
    blind: { methods },
  },
  new Map(),
);

/** The checks `shop` and `till` on t1 and p1, and lines of the configuration that no client holds. */
async function openScene() {
  await using opening = new AsyncDisposableStack();
  const site = opening.use(await openSite({ '/': answer('200 OK', {}, '') }));
  const keys = opening.use(createKeyFolder());
  keys.store.addAll(['t1'], { labels: { env: 'test' } });
  keys.store.addAll(['p1'], { labels: { env: 'prod' } });
  const operators = new SomeOperators();
  for (const [name, role] of roles) operators.set(name, role);
  const standing = opening.use(new Standing({ mayHold: true, warn() {} }));
  const plugins = [plugin];
  const path = join(newFolder(), 'store.db');
  const store = opening.use(await openSqliteStore({ path }));
  const guard = new RoleGuard(operators);
  const server = opening.use(await openServer({ store, keys: keys.folder, plugins, guard, methods: standing.methods }));
  const options = { plugins: [{ plugin, options: { private: true } }], allow: ['check'] };
  for (const name of ['t1', 'p1'])
    opening.use(await openClient(server, { ...options, credentials: keys.of(name), ready: name === 't1' }));
  await server.waitForClients(2);
  return { server, site, standing, stack: opening.move() };
}

test('a role with the methods of the checks has only the checks whose jobs it can see', {
  timeout: 60_000,
}, async () => {
  const { server, site, standing, stack } = await openScene();
  await using _ = stack;
  standing.start(server, { line: `@p1 check ${site.origin}/ --name hidden --every 1s` });
  const as = (name: string) => server.as(`operator:${name}`);
  const rows = async (name: string) =>
    ((await as(name).call('check/list', {})) as { check: string; client: string }[]).map(
      (row) => `${row.check} ${row.client}`,
    );
  await server.submit('t1', check, { url: `${site.origin}/`, name: 'shop', every: 1_000 });
  await expect.poll(() => rows('admin'), { timeout: 30_000 }).toEqual(['hidden p1', 'shop t1']);
  for (const [name, seen] of [
    ['viewer', ['hidden p1', 'shop t1']],
    ['dashboard', ['hidden p1', 'shop t1']],
    ['tester', ['shop t1']],
    ['pinger', []],
    ['blind', []],
  ] as const)
    expect(await rows(name), name).toEqual(seen);
  expect(await as('tester').call('standing/list', {})).toEqual([]);
  expect(
    await as('dashboard')
      .call('standing/list', {})
      .catch(({ code }) => code),
  ).toBe('not_allowed');
  const [line] = (await as('viewer').call('standing/list', {})) as { args: object }[];
  expect(line).toMatchObject({ line: 'line', client: 'p1', args: {} });
  expect(line?.args).toEqual({});
  await expect(as('blind').call('check/forget', { check: 'shop' })).rejects.toThrow(refusal('bad_usage'));
  await expect(as('blind').call('check/forget', { check: 'shop' })).rejects.toThrow("there is no check 'shop'");
  await expect(as('tester').call('check/forget', { check: 'shop' })).rejects.toThrow(
    /still running: cancel job \d+ on t1/,
  );
});
