import { SignalboxError } from '../../schemas/errors.ts';
import type { RoleDefinitions } from '../../schemas/roles.ts';
import type { Hangups } from '../host/hangups.ts';
import type { Server } from '../index.ts';
import { RoleGuard } from '../operators/guard.ts';
import { operatorMethods } from '../operators/operator-methods.ts';
import { type Gone, Operators } from '../operators/operators.ts';
import { createRoles } from '../operators/role.ts';
import type { Guard } from '../plugin/guard.ts';
import type { ServiceMethod } from '../plugin/service-method.ts';
import { createGroups } from '../target-groups.ts';
import type { ConfiguredRoles } from './config/roles-of.ts';
import type { ServerCommandOptions } from './server-options.ts';

interface ServerOperatorsOptions {
  /** Of a durable store; undefined where there is none, and so no operator. */
  readonly collections: Server['collection'] | undefined;
  readonly hangups: Hangups;
  readonly warn: (line: string) => void;
}

/** Who signs in at a server, and what holds them to their roles. */
export class ServerOperators implements Disposable {
  /** By which an API signs them in; undefined without a durable store. */
  readonly operators: Operators | undefined;
  readonly guard: Guard | undefined;
  /** By their full names. */
  readonly methods: ReadonlyMap<string, ServiceMethod>;
  private readonly cleanup = new DisposableStack();
  private readonly warn: (line: string) => void;
  private server: Server | undefined;

  private constructor(operators: Operators | undefined, warn: (line: string) => void) {
    this.warn = warn;
    this.operators = operators && this.cleanup.use(operators);
    this.guard = operators && new RoleGuard(operators);
    this.methods = operatorMethods(operators, (event) => this.server?.emit(event));
  }

  /**
   * Reads the operators of a store. From then on the roles of the configuration are read again on HUP.
   * @throws SignalboxError `bad_usage` for a role that is not valid; what the store throws.
   */
  static async open(
    { roles, group = {} }: Pick<ServerCommandOptions, 'roles' | 'group'>,
    { collections, hangups, warn }: ServerOperatorsOptions,
  ): Promise<ServerOperators> {
    const groups = createGroups(group);
    const rolesOf = (definitions: RoleDefinitions) => createRoles(definitions, groups);
    const first = rolesOf(roles?.definitions ?? {});
    if (!collections) return new ServerOperators(undefined, warn);
    const operators = await Operators.open(collections('operators'), first);
    const opened = new ServerOperators(operators, warn);
    const replace = ({ again }: ConfiguredRoles) => {
      try {
        operators.replaceRoles(rolesOf(again()));
      } catch (error) {
        warn(`roles stay as they were: ${SignalboxError.from(error, 'internal').message}`);
      }
    };
    if (roles) opened.cleanup.use(hangups.listen(() => replace(roles)));
    return opened;
  }

  /** Reads them again: another server could change them until this one had the store. @throws what the store throws. */
  async start(server: Server): Promise<void> {
    this.server = server;
    const { operators } = this;
    if (!operators) return;
    await operators.refresh();
    const onGone = ({ name: operator, actor: gone, why }: Gone) => {
      if (why === 'expired') server.emit({ type: 'operator.expired', operator });
      void this.cancelUnsent(server, (actor) => actor === gone);
    };
    this.cleanup.use(operators.onGone(onGone));
    // Their time was over while there was no server.
    await this.cancelUnsent(server, (actor) => operators.goneReason(actor) !== undefined);
  }

  /** What waits to be sent for somebody who is gone: rests of batches, places, and what a client has no room for. */
  private async cancelUnsent(server: Server, isGone: (actor: string) => boolean): Promise<void> {
    try {
      const jobs = await server.list();
      const open = jobs.filter(({ actor, outcome }) => outcome === undefined && isGone(actor ?? ''));
      if (open.length > 0) await server.cancel(open, { unsent: true });
    } catch (error) {
      this.warn(
        `what waits for operators that are gone was not cancelled: ${SignalboxError.from(error, 'internal').message}`,
      );
    }
  }

  [Symbol.dispose](): void {
    this.cleanup[Symbol.dispose]();
  }
}
