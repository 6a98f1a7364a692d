import { SignalboxError } from '../../schemas/index.ts';
import type { ServiceMethod } from '../plugin/service-method.ts';
import { Notifier } from './notifier.ts';
import type { NotifierOptions, Notifying } from './notifier-options.ts';
import { notifyMethods } from './notify-methods.ts';

/** The notifications of a server; they can start later, when the configuration is read again. */
export class Notify implements AsyncDisposable {
  readonly methods: ReadonlyMap<string, ServiceMethod>;
  private notifier: Notifier | undefined;
  private hasEnded = false;

  constructor() {
    this.methods = notifyMethods(() => this.notifier);
  }

  get running(): Notifier | undefined {
    return this.notifier;
  }

  start(options: NotifierOptions, notifying: Notifying): void {
    if (this.hasEnded) return;
    this.notifier = new Notifier(options);
    this.notifier.start(notifying);
  }

  /** Replaces rules and channels. An error is a warning and changes nothing. */
  async replace(read: () => Promise<Notifying>, warn: (sentence: string) => void): Promise<void> {
    try {
      const notifying = await read();
      if (!this.hasEnded) await this.notifier?.replace(notifying);
    } catch (error) {
      warn(`notifications were not reloaded: ${SignalboxError.from(error, 'internal').message}`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.hasEnded = true;
    await this.notifier?.[Symbol.asyncDispose]();
  }
}
