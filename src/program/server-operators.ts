import { SignalboxError } from '../../schemas/errors.ts';
import type { RoleDefinitions } from '../../schemas/roles.ts';
import type { Hangups } from '../host/hangups.ts';
import type { Server } from '../index.ts';
import { RoleGuard } from '../operators/guard.ts';
import { Operators } from '../operators/operators.ts';
import { createRoles } from '../operators/role.ts';
import type { Guard } from '../plugin/guard.ts';
import { createGroups } from '../target-groups.ts';
import type { ConfiguredRoles } from './config/roles-of.ts';
import type { ServerCommandOptions } from './server-options.ts';

/** Who signs in at a server, and what holds them to their roles. */
export interface ServerOperators extends Disposable {
  readonly operators: Operators;
  readonly guard: Guard;
}

interface Opening {
  /** Of a durable store; undefined where there is none, and so no operator. */
  readonly collections: Server['collection'] | undefined;
  readonly hangups: Hangups;
  readonly warn: (line: string) => void;
}

/**
 * Reads the operators of a store. From then on the roles of the configuration are read again on HUP.
 * @throws SignalboxError `bad_usage` for a role that is not valid; what the store throws.
 */
export async function openServerOperators(
  { roles, group = {} }: Pick<ServerCommandOptions, 'roles' | 'group'>,
  { collections, hangups, warn }: Opening,
): Promise<ServerOperators | undefined> {
  const groups = createGroups(group);
  const rolesOf = (definitions: RoleDefinitions) => createRoles(definitions, groups);
  const first = rolesOf(roles?.definitions ?? {});
  if (!collections) return undefined;
  const operators = await Operators.open(collections('operators'), first);
  const replace = ({ again }: ConfiguredRoles) => {
    try {
      operators.replaceRoles(rolesOf(again()));
    } catch (error) {
      warn(`roles stay as they were: ${SignalboxError.from(error, 'internal').message}`);
    }
  };
  const listening = roles && hangups.listen(() => replace(roles));
  return {
    operators,
    guard: new RoleGuard(operators),
    [Symbol.dispose]() {
      listening?.[Symbol.dispose]();
      operators[Symbol.dispose]();
    },
  };
}
