import { type CommandContract, isContract, SignalboxError } from '../../schemas/index.ts';
import type { Builtin } from './builtin.ts';
import type { ChannelKind } from './channel-kind.ts';
import type { PluginHost } from './define-plugin.ts';
import { type Implementation, isImplementation } from './implement.ts';
import type { Interceptor } from './interceptor.ts';
import { isBuiltin } from './is-builtin.ts';
import type { Names } from './names.ts';
import { isObserver, type Observer } from './observer.ts';
import type { PluginScope } from './plugin-scope.ts';
import { scopedImplementation } from './scoped-implementation.ts';
import { isServiceMethod, type ServiceMethod } from './service-method.ts';
import type { StoreOpener } from './store-opener.ts';

/** The additions of all plug-ins, in order. */
export class Additions {
  readonly contracts: CommandContract[] = [];
  readonly implementations: Implementation[] = [];
  readonly builtins: Builtin[] = [];
  readonly observers: Observer[] = [];
  readonly interceptors: Interceptor[] = [];
  /** By address scheme. */
  readonly stores = new Map<string, StoreOpener>();
  /** Kinds of channels, by name in the configuration. */
  readonly channels = new Map<string, ChannelKind>();
  /** By full name, `PLUGIN/NAME`. */
  readonly methods = new Map<string, ServiceMethod>();
}

interface HostOptions {
  readonly side: PluginHost['side'];
  readonly isSpawned: boolean;
  readonly additions: Additions;
  readonly names: Names;
  readonly scope: PluginScope;
  readonly onStart: (use: Parameters<PluginHost['onStart']>[0]) => void;
  readonly onEnd: (dispose: () => void | Promise<void>) => void;
}

/** Creates the host of one plug-in. Its additions run in its scope. `close` ends registration. */
export function createPluginHost(
  plugin: string,
  { side, isSpawned, additions, names, scope, ...hooks }: HostOptions,
): { host: PluginHost; close(): void } {
  let isOpen = true;
  const check = (method: string, isWanted: boolean, wanted: string): void => {
    if (!isOpen) throw new SignalboxError('bad_usage', `host.${method} was called after setup`);
    if (!isWanted) throw new SignalboxError('bad_usage', `host.${method} takes ${wanted}`);
  };
  const addContract = (contract: CommandContract): void => {
    names.command(plugin, contract);
    if (!additions.contracts.includes(contract)) additions.contracts.push(contract);
  };
  const host: PluginHost = {
    side,
    isSpawned,
    command(implementation) {
      check('command', isImplementation(implementation), 'the return value of implement');
      addContract(implementation.contract);
      additions.implementations.push(scopedImplementation(implementation, (work) => scope.run(plugin, work)));
    },
    contract(contract) {
      check('contract', isContract(contract), 'the return value of defineCommand');
      addContract(contract);
    },
    builtin(builtin) {
      const wanted = 'name, usage, summary, example and prepare, and optionally lists completes and options';
      check('builtin', isBuiltin(builtin), wanted);
      names.builtin(plugin, builtin.name);
      additions.builtins.push({
        ...builtin,
        prepare(context, words, statement) {
          const run = scope.run(plugin, () => builtin.prepare(context, words, statement));
          if (typeof run !== 'function') {
            throw new SignalboxError(
              'internal',
              `${builtin.name} of plug-in ${plugin}: its prepare returned no function`,
            );
          }
          return () => scope.run(plugin, run);
        },
      });
    },
    observer(observer) {
      check('observer', isObserver(observer), 'a name and a function on(event)');
      const name = observer.name === plugin ? plugin : `${plugin}/${observer.name}`;
      additions.observers.push({ name, on: (event) => scope.run(plugin, () => observer.on(event)) });
    },
    interceptor(interceptor) {
      check('interceptor', typeof interceptor === 'function', 'a function of call and next');
      additions.interceptors.push((call, next) =>
        scope.run(plugin, () => interceptor(call, (passed) => scope.outside(() => next(passed)))),
      );
    },
    method(method) {
      check('method', isServiceMethod(method), 'a name, zod types of request and response, and a function handle');
      const name = `${plugin}/${method.name}`;
      if (additions.methods.has(name)) throw new SignalboxError('bad_usage', `the method ${name} already exists`);
      const handle: ServiceMethod['handle'] = (request, context) =>
        scope.run(plugin, () => method.handle(request as never, context));
      additions.methods.set(name, { ...method, handle });
    },
    store(scheme, open) {
      const isScheme = typeof scheme === 'string' && /^[a-z][a-z0-9+.-]*$/.test(scheme);
      check('store', isScheme && typeof open === 'function', 'the scheme of an address and a function that opens it');
      names.store(plugin, scheme);
      additions.stores.set(scheme, (address, use) => scope.run(plugin, () => open(address, use)));
    },
    onStart(use) {
      check('onStart', typeof use === 'function', 'a function of the service');
      hooks.onStart(use);
    },
    onEnd(dispose) {
      check('onEnd', typeof dispose === 'function', 'a function');
      hooks.onEnd(dispose);
    },
  };
  return {
    host,
    close() {
      isOpen = false;
    },
  };
}
