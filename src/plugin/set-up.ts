import { type CommandContract, controlCommands, SignalboxError } from '../../schemas/index.ts';
import { startTimeout } from '../timer.ts';
import { untilAborted } from '../until-aborted.ts';
import { checkPlugin, type Plugin, type PluginHost, type PluginUse } from './define-plugin.ts';
import type { Fault } from './fault.ts';
import { FaultReports } from './fault-reports.ts';
import type { JobService } from './job-service.ts';
import { Names } from './names.ts';
import { Additions, createPluginHost } from './plugin-host.ts';
import { parsePluginOptions } from './plugin-options.ts';
import { PluginScope } from './plugin-scope.ts';

/** How long a `setup` may take. */
const setUpMs = 30_000;

export interface SetUpOptions {
  readonly side: PluginHost['side'];
  /** The data commands that are there without plug-ins. */
  readonly contracts?: readonly CommandContract[];
  /** The names of the builtins that are there without plug-ins. */
  readonly builtins?: readonly string[];
  /** Default: one of its own. */
  readonly scope?: PluginScope;
  /** Told once of each plug-in that has failed since. Default: a warning of the process. */
  readonly onFault?: ((fault: Fault) => void) | undefined;
}

/** Plug-ins that have been set up. Disposing ends them, the last one first. */
export interface SetUp extends Readonly<Additions>, AsyncDisposable {
  /** Calls what `onStart` was given, and waits for none of it. */
  start(service: JobService): void;
}

/**
 * Sets up plug-ins, one after the other.
 * @throws SignalboxError `bad_usage` where one has the name of another, is given wrong options, fails in `setup`, or adds a name that is
 * there already: those before it have been ended then.
 */
export async function setUpPlugins(plugins: readonly (Plugin | PluginUse)[], options: SetUpOptions): Promise<SetUp> {
  const { side, contracts = [], builtins = [], scope = new PluginScope() } = options;
  const faults = new FaultReports(options.onFault);
  const additions = new Additions();
  const names = new Names([...controlCommands, ...contracts], builtins);
  const starts: ((service: JobService) => void)[] = [];
  await using opening = new AsyncDisposableStack();
  // All are checked before the first one does something.
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
    const { host, close } = createPluginHost(name, {
      ...{ side, additions, names, scope },
      onStart: (use) => void starts.push((service) => void isolated(() => use(service))),
      onEnd: (dispose) => opening.defer(() => isolated(dispose)),
    });
    try {
      using timeUp = startTimeout(setUpMs);
      const done = (async () => await scope.run(name, () => plugin.setup(host, parsed)))();
      await untilAborted(done, timeUp.signal);
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
    start: (service) => {
      for (const start of starts) start(service);
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
