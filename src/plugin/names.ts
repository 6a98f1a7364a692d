import { SignalboxError } from '../../schemas/errors.ts';
import type { CommandContract } from '../../schemas/index.ts';
import { channelKinds } from '../../schemas/notify.ts';

interface Taken {
  readonly kind: 'command' | 'builtin';
  readonly owner: string;
  readonly contract?: CommandContract;
}

/** Stores that need no plug-in. */
const builtinSchemes: readonly string[] = ['memory', 'sqlite'];

/**
 * Owners of names. Commands and builtins share a namespace, because both begin a line of the shell. Schemes of stores and
 * kinds of channels have separate namespaces.
 */
export class Names {
  private readonly taken = new Map<string, Taken>();
  private readonly schemes = new Map<string, string>();
  private readonly kinds = new Map<string, string>();

  constructor(contracts: readonly CommandContract[], builtins: readonly string[]) {
    for (const contract of contracts) this.take(contract.name, { kind: 'command', owner: 'signalbox', contract });
    for (const name of builtins) this.take(name, { kind: 'builtin', owner: 'signalbox' });
  }

  /**
   * Adds a command. A plug-in may add the same contract twice. @throws SignalboxError `bad_usage` if the name is taken.
   */
  command(plugin: string, contract: CommandContract): void {
    this.take(contract.name, { kind: 'command', owner: `plug-in ${plugin}`, contract });
  }

  /** @throws SignalboxError `bad_usage` */
  builtin(plugin: string, name: string): void {
    this.take(name, { kind: 'builtin', owner: `plug-in ${plugin}` });
  }

  /** @throws SignalboxError `bad_usage` */
  store(plugin: string, scheme: string): void {
    const owner = builtinSchemes.includes(scheme) ? 'signalbox' : this.schemes.get(scheme);
    if (owner !== undefined) throw new SignalboxError('bad_usage', `${owner} already provides stores at ${scheme}:`);
    this.schemes.set(scheme, `plug-in ${plugin}`);
  }

  /** @throws SignalboxError `bad_usage` */
  channel(plugin: string, kind: string): void {
    const owner = Object.hasOwn(channelKinds, kind) ? 'signalbox' : this.kinds.get(kind);
    if (owner !== undefined)
      throw new SignalboxError('bad_usage', `${owner} already provides channels of kind ${kind}`);
    this.kinds.set(kind, `plug-in ${plugin}`);
  }

  private take(name: string, wanted: Taken): void {
    const before = this.taken.get(name);
    const isSame =
      before?.owner === wanted.owner && before.contract !== undefined && before.contract === wanted.contract;
    if (before && !isSame) {
      throw new SignalboxError('bad_usage', `${before.owner} already provides a ${before.kind} ${name}`);
    }
    this.taken.set(name, wanted);
  }
}
