import { z } from 'zod';
import { SignalboxError } from '../../schemas/errors.ts';
import type { CommandContract } from '../../schemas/index.ts';
import type { Collection } from '../store/collection.ts';
import type { Builtin } from './builtin.ts';
import { areChannelKinds, type ChannelKind } from './channel-kind.ts';
import type { Implementation } from './implement.ts';
import type { Interceptor } from './interceptor.ts';
import { isSubcommands } from './is-subcommands.ts';
import type { JobService } from './job-service.ts';
import type { Observer } from './observer.ts';
import type { ServiceMethod } from './service-method.ts';
import type { StoreOpener } from './store-opener.ts';
import type { SubcommandGroup } from './subcommand.ts';

/** Version of the plug-in API. A plug-in written for another version is refused. */
const pluginApiVersion = 1;

/**
 * Receives the additions of a plug-in to the program that loads it. Additions that are irrelevant to a side are ignored
 * there. It can be used until `setup` has finished.
 */
export interface PluginHost {
  /** The kind of program that loads the plug-in. In `attach`, only builtins are used. */
  readonly side: 'server' | 'client' | 'attach';
  /** Whether it is a client of `server --spawn`, which only exists on the machine of the server. */
  readonly isSpawned: boolean;
  /** Adds a command: its contract on a server, its implementation on a client. */
  command(implementation: Implementation): void;
  /** Adds a command that is implemented elsewhere. */
  contract(contract: CommandContract): void;
  /** Adds a command of the shell itself. */
  builtin(builtin: Builtin): void;
  /** Adds an observer of all events. */
  observer(observer: Observer): void;
  /** Adds an interceptor of all calls. */
  interceptor(interceptor: Interceptor): void;
  /** Adds a method of the service. Programs call it with `call`, and over the API, as `PLUGIN/NAME`. */
  method<Request extends z.ZodType, Response extends z.ZodType>(method: ServiceMethod<Request, Response>): void;
  /** Adds a kind of store: addresses that begin with `scheme:` are opened with `open`. */
  store(scheme: string, open: StoreOpener): void;
  /** Calls `use` with the service of the server once it listens. */
  onStart(use: (service: JobService, own: OwnPlace) => void | Promise<void>): void;
  /** Calls `dispose` when the program ends, in reverse order. */
  onEnd(dispose: () => void | Promise<void>): void;
}

/** What a plug-in can use of its server. */
export interface OwnPlace {
  /** Values by key in the store of the server, separate from those of others. Without a store they are kept in memory. */
  collection<Value>(name: string): Collection<Value>;
  /**
   * Emits an event `PLUGIN.NAME`. It is numbered, logged and delivered like any other event.
   * @param event.name `[a-z][a-z0-9-]*`
   * @param event.text one line for people.
   * @param event.facts JSON.
   */
  emit(event: {
    readonly name: string;
    readonly text: string;
    readonly isWarning?: boolean;
    readonly facts: Readonly<Record<string, unknown>>;
  }): void;
}

/** A plug-in: the default export of its module. */
export interface Plugin<Options extends z.ZodObject = z.ZodObject> {
  /** `[a-z][a-z0-9-]*` */
  readonly name: string;
  /** Version of the plug-in API that it is written for: 1. */
  readonly apiVersion: typeof pluginApiVersion;
  /**
   * Schema of its options. They are set in `createServer` or `createClient`, in the configuration (`plugins: NAME:`),
   * on the command line (`--NAME-OPTION`), or in the environment. Default: no options.
   */
  readonly options?: Options;
  /**
   * Programs of the plug-in: `signalbox NAME SUBCOMMAND --plugin MODULE`, where NAME is that of the plug-in. `setup` is
   * not called for them. Default: none.
   */
  readonly subcommands?: Omit<SubcommandGroup, 'name'>;
  /** Kinds of channels for notifications, by name in the configuration. Used by servers. Default: none. */
  readonly channels?: Readonly<Record<string, ChannelKind>>;
  /** Called once in each program that loads the plug-in. An error prevents the start. */
  // A method, not a property: parameters of methods are bivariant, so a plug-in with options is a `Plugin` too.
  setup(host: PluginHost, options: z.output<Options>): void | Promise<void>;
}

/** A plug-in with its options. */
export interface PluginUse {
  readonly plugin: Plugin;
  /** Default: `{}`. */
  readonly options?: Readonly<Record<string, unknown>>;
}

/** `setup` of a plug-in without options is called with `{}`. */
type NoOptions = z.ZodObject<Record<never, never>>;

/**
 * Declares a plug-in.
 * @throws SignalboxError `bad_usage` if its name is not `[a-z][a-z0-9-]*`, its `apiVersion` is unknown, or `setup` is
 * missing.
 */
export function definePlugin<Options extends z.ZodObject = NoOptions>(definition: Plugin<Options>): Plugin<Options> {
  checkPlugin(definition);
  return Object.freeze({ ...definition });
}

/** Checks at run time what TypeScript checks at compile time, for plug-ins in plain JavaScript. */
export function checkPlugin(definition: unknown): asserts definition is Plugin {
  const { name, apiVersion, options, subcommands, channels, setup } = (definition ?? {}) as Partial<
    Record<keyof Plugin, unknown>
  >;
  if (typeof name !== 'string' || !/^[a-z][a-z0-9-]{0,62}$/.test(name)) {
    throw new SignalboxError('bad_usage', `the name of a plug-in must be [a-z][a-z0-9-]*, not '${name}'`);
  }
  const wrong = (what: string) => new SignalboxError('bad_usage', `the plug-in ${name} has ${what}`);
  if (apiVersion !== pluginApiVersion) {
    throw wrong(`apiVersion ${apiVersion}; this signalbox has version ${pluginApiVersion} of the plug-in API`);
  }
  if (typeof setup !== 'function') throw wrong('no function setup');
  if (options !== undefined && !(options instanceof z.ZodObject)) throw wrong('options that are not a zod object');
  if (channels !== undefined && !areChannelKinds(channels)) {
    throw wrong('channels that are not a map of names to { options, open }');
  }
  if (subcommands !== undefined && !isSubcommands(subcommands)) {
    throw wrong(
      'subcommands that are not { summary, help, subcommands }, each with name, summary, options, isService and run',
    );
  }
}
