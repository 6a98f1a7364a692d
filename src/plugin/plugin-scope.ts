import { AsyncLocalStorage } from 'node:async_hooks';

/** Tracks which plug-in's code is running, including its timers and promises. */
export class PluginScope {
  private readonly running = new AsyncLocalStorage<string | undefined>();

  /** Name of the plug-in whose code, timer or promise is running. */
  get current(): string | undefined {
    return this.running.getStore();
  }

  run<T>(plugin: string, work: () => T): T {
    return this.running.run(plugin, work);
  }

  /** Runs code that a plug-in calls but that is not its own. */
  outside<T>(work: () => T): T {
    return this.running.run(undefined, work);
  }
}
