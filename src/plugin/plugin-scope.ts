import { AsyncLocalStorage } from 'node:async_hooks';

/** Knows which plug-in's code runs, also in timers that it set and promises that it left behind. */
export class PluginScope {
  private readonly running = new AsyncLocalStorage<string | undefined>();

  /** The name of the plug-in whose code, or whose timer or promise, is the current one. */
  get current(): string | undefined {
    return this.running.getStore();
  }

  run<T>(plugin: string, work: () => T): T {
    return this.running.run(plugin, work);
  }

  /** For what a plug-in calls and is not its own. */
  outside<T>(work: () => T): T {
    return this.running.run(undefined, work);
  }
}
