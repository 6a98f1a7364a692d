import { type CommandContract, controlCommands, SignalboxError } from '../../schemas/index.ts';
import { startTimeout } from '../timer.ts';
import { untilAborted } from '../until-aborted.ts';
import { checkPlugin, type Plugin, type PluginHost, type PluginUse } from './define-plugin.ts';
import type { Fault } from './fault.ts';
import { FaultReports } from './fault-reports.ts';
import type { Server } from './job-service.ts';
import { Names } from './names.ts';
import { ownPlace } from './own-place.ts';
import { Additions, createPluginHost } from './plugin-host.ts';
import { parsePluginOptions } from './plugin-options.ts';
import { PluginScope } from './plugin-scope.ts';
import { scopedChannelKind } from './scoped-channel.ts';

/** Time limit of a `setup`. */
const setUpMs = 30_000;

export interface SetUpOptions {
  readonly side: PluginHost['side'];
  /** Default: false. */
  readonly isSpawned?: boolean | undefined;
  /** Data commands that exist without plug-ins. */
  readonly contracts?: readonly CommandContract[];
  /** Names of the builtins that exist without plug-ins. */
  readonly builtins?: readonly string[];
  /** Default: a new one. */
  readonly scope?: PluginScope;
  /** Ends the wait for a `setup`. */
  readonly signal?: AbortSignal;
  /** Called once for each plug-in that fails later. Default: a process warning. */
  readonly onFault?: ((fault: Fault) => void) | undefined;
}

/** Plug-ins that have been set up. Disposing runs their `onEnd` hooks, newest first. */
export interface SetUp extends Readonly<Additions>, AsyncDisposable {
  /** Calls the `onStart` hooks without waiting for them. */
  start(server: Server): void;
}

/**
 * Sets up plug-ins, one after the other.
 * @throws SignalboxError `bad_usage` if two share a name, options are wrong, `setup` fails, or an added name is taken;
 * plug-ins already set up are disposed first.
 */
export async function setUpPlugins(plugins: readonly (Plugin | PluginUse)[], options: SetUpOptions): Promise<SetUp> {
  const { side, isSpawned = false, contracts = [], builtins = [], scope = new PluginScope() } = options;
  const faults = new FaultReports(options.onFault);
  const additions = new Additions();
  const names = new Names([...controlCommands, ...contracts], builtins);
  const starts: ((server: Server) => void)[] = [];
  await using opening = new AsyncDisposableStack();
  // Check all of them before the first `setup` has effects.
  const taken = new Set<string>();
  const uses = plugins.map((one) => {
    const use = one !== null && typeof one === 'object' && 'plugin' in one ? one : { plugin: one };
    checkPlugin(use.plugin);
    const { name } = use.plugin;
    if (taken.has(name)) throw new SignalboxError('bad_usage', `two plug-ins are called ${name}`);
    taken.add(name);
    return { plugin: use.plugin, parsed: parsePluginOptions(use) };
  });
  for (const { plugin, parsed } of uses) {
    const { name } = plugin;
    const isolated = async (work: () => void | Promise<void>): Promise<void> => {
      try {
        await scope.run(name, work);
      } catch (error) {
        faults.report(`plug-in ${name}`, error);
      }
    };
    for (const [kind, channel] of Object.entries(plugin.channels ?? {})) {
      names.channel(name, kind);
      additions.channels.set(
        kind,
        scopedChannelKind(channel, (work) => scope.run(name, work)),
      );
    }
    const { host, close } = createPluginHost(name, {
      ...{ side, isSpawned, additions, names, scope },
      onStart: (use) => void starts.push((server) => void isolated(() => use(server, ownPlace(name, server)))),
      onEnd: (dispose) => opening.defer(() => isolated(dispose)),
    });
    try {
      using timeUp = startTimeout(setUpMs);
      const done = (async () => await scope.run(name, () => plugin.setup(host, parsed)))();
      const { signal } = options;
      await untilAborted(done, signal ? AbortSignal.any([timeUp.signal, signal]) : timeUp.signal);
      if (signal?.aborted) throw new Error('it was interrupted');
      if (timeUp.signal.aborted) throw new Error(`it has not ended after ${setUpMs / 1000} s`);
    } catch (cause) {
      const { message } = SignalboxError.from(cause, 'bad_usage');
      throw new SignalboxError('bad_usage', `plug-in ${name} cannot be set up: ${message}`, { cause });
    } finally {
      close();
    }
  }
  const opened = opening.move();
  return {
    ...additions,
    start: (server) => {
      for (const start of starts) start(server);
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
