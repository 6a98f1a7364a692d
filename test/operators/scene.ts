import type { RoleDefinitions } from '../../schemas/roles.ts';
import { ping } from '../../src/index.ts';
import { RoleGuard } from '../../src/operators/guard.ts';
import { createRoles, type Role } from '../../src/operators/role.ts';
import type { ServerOptions } from '../../src/plugin/server-options.ts';
import { createGroups } from '../../src/target-groups.ts';
import { createKeyFolder } from '../support/key-folder.ts';
import { openClient, openServer } from '../support/library.ts';
import { createSteps, stepwise } from '../support/stepwise.ts';

/** Operators that a test adds and removes. */
export class SomeOperators {
  private readonly ending = new Map<string, AbortController>();
  private readonly roles = new Map<string, Role>();

  set(name: string, role: Role): void {
    this.roles.set(name, role);
    this.ending.set(name, new AbortController());
  }

  remove(name: string): void {
    this.roles.delete(name);
    this.ending.get(name)?.abort();
  }

  readonly roleOf = (name: string): Role | undefined => this.roles.get(name);
  readonly signalOf = (name: string): AbortSignal => this.ending.get(name)?.signal ?? AbortSignal.abort();
}

/**
 * A server with the clients t1 (its keys have `env=test`), p1 (`env=prod`), and x1, which declares `env=test` without any
 * label in its keys.
 */
export async function openScene(definitions: RoleDefinitions, options: Partial<ServerOptions> = {}) {
  await using opening = new AsyncDisposableStack();
  const keys = opening.use(createKeyFolder('x1'));
  keys.store.addAll(['t1'], { labels: { env: 'test' } });
  keys.store.addAll(['p1'], { labels: { env: 'prod' } });
  const groups = { tests: 'env=test', mixed: 't1,p1', secret: 'p1' };
  const roles = createRoles(definitions, createGroups(groups));
  const operators = new SomeOperators();
  for (const [name, role] of roles) operators.set(name, role);
  const guard = new RoleGuard(operators);
  const server = opening.use(await openServer({ keys: keys.folder, commands: [stepwise], groups, guard, ...options }));
  const steps = createSteps();
  const commands = [steps.implementation];
  const allow = ['run', 'ping', 'stepwise'];
  for (const name of ['t1', 'p1'])
    opening.use(await openClient(server, { credentials: keys.of(name), commands, allow }));
  opening.use(await openClient(server, { credentials: keys.of('x1'), commands, labels: { env: 'test' } }));
  await server.waitForClients(3);
  const owner = server.as('local:owner');
  const sent = await owner.submit(['t1', 'p1', 'x1'], ping, {});
  await sent.outcomes;
  const stack = opening.move();
  return {
    ...{ server, owner, operators, roles, steps, keys },
    /** The jobs that the owner has sent to all clients. */
    sent,
    as: (name: string) => server.as(`operator:${name}`),
    [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose](),
  };
}
