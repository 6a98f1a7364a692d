import { SignalboxError } from '../../schemas/errors.ts';
import type { ArgsOf, CommandContract } from '../../schemas/index.ts';
import type { Builtin } from '../plugin/builtin.ts';
import type { JobService } from '../plugin/job-service.ts';
import type { SendOptions } from '../plugin/send-options.ts';
import type { Sent } from '../plugin/sent.ts';
import type { Place, Statement, Word } from '../plugin/statement.ts';
import type { LinePlace } from './line-place.ts';
import { describeDryRun } from './output/describe-dry-run.ts';
import { type Output, whereOf } from './output/output.ts';
import { parseArguments } from './parse/arguments.ts';
import { unknownCommand } from './parse/unknown-command.ts';
import type { Sender } from './sender.ts';
import type { Sequence } from './sequence.ts';
import { ShellError } from './shell-error.ts';

interface CommandsOptions {
  readonly service: JobService;
  readonly builtins: ReadonlyMap<string, Builtin>;
  readonly output: Output;
  readonly sender: Sender;
  /** Called before the first command is sent: waits for clients. */
  readonly clientsReady: ((signal: AbortSignal) => Promise<void>) | undefined;
  /** Asks for confirmation before sending a command that ends clients. */
  readonly confirm: ((question: string) => Promise<boolean>) | undefined;
  /** The current sequence. */
  readonly sequence: () => Sequence;
  /** Target of commands that name none. */
  readonly targets: () => readonly string[];
  readonly failed: (error: SignalboxError, place: Place, options: { sequence: Sequence }) => void;
}

/** A command to send for a line. */
interface Wanted {
  readonly targets: readonly string[];
  readonly contract: CommandContract;
  readonly args: ArgsOf<CommandContract>;
  readonly options: SendOptions;
  readonly waitMs?: number | undefined;
  readonly isJudged?: boolean;
  readonly gathers?: boolean | undefined;
  /** Name given by `--as`. */
  readonly as?: string | undefined;
}

/** Finds commands by name, checks them against their contract, and sends them for a line. */
export class Commands {
  private readonly options: CommandsOptions;
  private areClientsReady = false;

  constructor(options: CommandsOptions) {
    this.options = options;
  }

  /** The contract of a command. @throws ShellError `unknown_command`, with the nearest name. */
  contract(name: string, at?: Pick<Word, 'start' | 'end'>): CommandContract {
    const { builtins, service } = this.options;
    const contract = service.commands.get(name);
    if (contract) return contract;
    if (builtins.has(name)) {
      throw new ShellError('bad_usage', `${name} is a builtin of the shell, not a command for clients`, { at });
    }
    throw unknownCommand(name, [...service.commands.keys(), ...builtins.keys()], at);
  }

  /**
   * Waits for clients, once, before the first action that needs them.
   * @returns false if `signal` has aborted: do nothing then.
   */
  async clientsReady(signal: AbortSignal): Promise<boolean> {
    if (!this.areClientsReady) await this.options.clientsReady?.(signal);
    if (signal.aborted) return false;
    this.areClientsReady = true;
    return true;
  }

  /** The clients that a statement targets. @throws SignalboxError `no_such_target` */
  resolve({ targets }: Statement, service: JobService): Promise<string[]> {
    return service.resolve(targets ?? this.options.targets());
  }

  /**
   * Checks the arguments of a command. The returned function sends it.
   * @param isJudged whether its outcome can be a failure.
   */
  prepareSend(
    contract: CommandContract,
    statement: Statement,
    line: LinePlace & { readonly service: JobService },
    isJudged = true,
  ): () => Promise<Sent | undefined> {
    const { args, as, yes, dryRun, gathers, warning, waitMs, ...options } = parseArguments(
      contract,
      statement.words.slice(1),
    );
    return async () => {
      if (!(await this.clientsReady(line.signal))) return undefined;
      if (dryRun) {
        const clients = await this.resolve(statement, line.service);
        this.options.output.say(...describeDryRun(contract, args, clients, options));
        if (warning !== undefined) this.options.output.warn(warning, line.place);
        return undefined;
      }
      let targets = statement.targets ?? this.options.targets();
      if (contract.endsClient && !yes) {
        const sequence = this.options.sequence();
        // Only the clients named in the question, not those that connected meanwhile.
        targets = await this.resolve(statement, line.service);
        if (!(await this.confirmed(contract, targets))) {
          sequence.fail(`${whereOf(line.place)}${contract.name} was not sent`);
          return undefined;
        }
      }
      const sent = await this.send({ targets, contract, args, options, waitMs, isJudged, as, gathers }, line);
      if (warning !== undefined) this.options.output.warn(warning, line.place);
      return sent;
    };
  }

  async send(
    { as, waitMs, isJudged = true, gathers = false, ...wanted }: Wanted,
    { place, signal }: LinePlace,
  ): Promise<Sent> {
    const sequence = this.options.sequence();
    const sent = await this.options.sender.send({
      ...wanted,
      options: { ...wanted.options, signal },
      ...{ waitMs, isJudged, gathers },
      onFailure: (what) => sequence.fail(`${whereOf(place)}${what}`),
      onLate: (error) => this.options.failed(error, place, { sequence }),
    });
    sequence.jobNames.sent(sent.group.number, as);
    return sent;
  }

  private async confirmed({ name }: CommandContract, clients: readonly string[]): Promise<boolean> {
    const { confirm } = this.options;
    if (!confirm) return true;
    const who = clients.length === 1 ? clients[0] : `${clients.length} clients`;
    return confirm(`${name.charAt(0).toUpperCase()}${name.slice(1)} ${who}?`);
  }
}

/**
 * The builtins of a shell by name, including those of plug-ins.
 * @throws SignalboxError `bad_usage` if a name is taken.
 */
export function builtinsByName(
  builtins: readonly Builtin[],
  commands: ReadonlyMap<string, CommandContract>,
): ReadonlyMap<string, Builtin> {
  const byName = new Map<string, Builtin>();
  for (const builtin of builtins) {
    const taken = byName.has(builtin.name) ? 'builtin' : commands.has(builtin.name) ? 'command' : undefined;
    if (taken)
      throw new SignalboxError('bad_usage', `the builtin ${builtin.name} conflicts with a ${taken} of the same name`);
    byName.set(builtin.name, builtin);
  }
  return byName;
}
