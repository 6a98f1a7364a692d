import { type CommandContract, controlCommands, SignalboxError } from '../../schemas/index.ts';
import { checkPlugin, type PluginHost, type PluginUse } from './define-plugin.ts';
import type { JobService } from './job-service.ts';
import { Names } from './names.ts';
import { Additions, createPluginHost } from './plugin-host.ts';
import { parsePluginOptions } from './plugin-options.ts';
import { PluginScope } from './plugin-scope.ts';

/** What went wrong in a plug-in after the start. */
export interface PluginFault {
  readonly plugin: string;
  readonly error: unknown;
}

export interface SetUpOptions {
  readonly side: PluginHost['side'];
  /** The data commands that are there without plug-ins. */
  readonly contracts?: readonly CommandContract[];
  /** The names of the builtins that are there without plug-ins. */
  readonly builtins?: readonly string[];
  readonly onFault: (fault: PluginFault) => void;
}

/** Plug-ins that have been set up. Disposing ends them, the last one first. */
export interface SetUp extends Readonly<Additions>, AsyncDisposable {
  /** Which plug-in's code runs now. */
  readonly scope: PluginScope;
  /** Calls what `onStart` was given, and waits for none of it. */
  start(service: JobService): void;
}

/**
 * Sets up plug-ins, one after the other.
 * @throws SignalboxError `bad_usage` where one has the name of another, is given wrong options, fails in `setup`, or adds a name that is
 * there already: those before it have been ended then.
 */
export async function setUpPlugins(uses: readonly PluginUse[], options: SetUpOptions): Promise<SetUp> {
  const { side, contracts = [], builtins = [], onFault } = options;
  const scope = new PluginScope();
  const additions = new Additions();
  const names = new Names([...controlCommands, ...contracts], builtins);
  const starts: ((service: JobService) => void)[] = [];
  await using opening = new AsyncDisposableStack();
  // All are checked before the first one does something.
  const given = uses.map((use) => {
    checkPlugin(use.plugin);
    if (uses.find((one) => one.plugin.name === use.plugin.name) !== use) {
      throw new SignalboxError('bad_usage', `two plug-ins are called ${use.plugin.name}`);
    }
    return { plugin: use.plugin, parsed: parsePluginOptions(use) };
  });
  for (const { plugin, parsed } of given) {
    const { name } = plugin;
    const isolated = async (work: () => void | Promise<void>): Promise<void> => {
      try {
        await scope.run(name, work);
      } catch (error) {
        onFault({ plugin: name, error });
      }
    };
    const { host, close } = createPluginHost(name, {
      ...{ side, additions, names, scope },
      onStart: (use) => void starts.push((service) => void isolated(() => use(service))),
      onEnd: (dispose) => opening.defer(() => isolated(dispose)),
    });
    try {
      await scope.run(name, () => plugin.setup(host, parsed));
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
    scope,
    start: (service) => {
      for (const start of starts) start(service);
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
