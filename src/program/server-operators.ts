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
  /** Of a durable store; undefined without one, and then there are no operators. */
  readonly collections: Server['collection'] | undefined;
  readonly hangups: Hangups;
  readonly warn: (line: string) => void;
}

/** The operators of a server, and the guard that enforces their roles. */
export class ServerOperators implements Disposable {
  /** Signs operators in at an API; undefined without a durable store. */
  readonly operators: Operators | undefined;
  readonly guard: Guard | undefined;
  /** By full name. */
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
   * Reads the operators of a store. After that, HUP reloads the roles of the configuration.
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
        warn(`roles were not changed: ${SignalboxError.from(error, 'internal').message}`);
      }
    };
    if (roles) opened.cleanup.use(hangups.listen(() => replace(roles)));
    return opened;
  }

  /** Rereads the operators: another server could change them until this one held the store. @throws what the store throws. */
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
    // Operators that expired while there was no server.
    await this.cancelUnsent(server, (actor) => operators.goneReason(actor) !== undefined);
  }

  /** Cancels unsent jobs of operators that are gone: rests of batches, places, and jobs that wait for room at a client. */
  private async cancelUnsent(server: Server, isGone: (actor: string) => boolean): Promise<void> {
    try {
      const jobs = await server.list();
      const open = jobs.filter(({ actor, outcome }) => outcome === undefined && isGone(actor ?? ''));
      if (open.length > 0) await server.cancel(open, { unsent: true });
    } catch (error) {
      this.warn(
        `unsent jobs of removed or expired operators were not cancelled: ${SignalboxError.from(error, 'internal').message}`,
      );
    }
  }

  [Symbol.dispose](): void {
    this.cleanup[Symbol.dispose]();
  }
}
