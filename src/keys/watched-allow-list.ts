import { unwatchFile, watchFile } from 'node:fs';
import { SignalboxError } from '../../schemas/index.ts';
import { AllowList } from './allow-list.ts';
import type { KeyStore } from './key-store.ts';

const lookEveryMs = 250;

/**
 * The allow-list of a folder as it is now. One that cannot be read lets nobody in. Looked at by `stat`, four times a second:
 * that works on every file system.
 */
export class WatchedAllowList implements Disposable {
  current = AllowList.empty;
  private readonly store: KeyStore;
  private readonly onChange: (error: SignalboxError | undefined) => void;
  private readonly read = (): void => {
    let error: SignalboxError | undefined;
    try {
      this.current = this.store.allowList();
    } catch (cause) {
      this.current = AllowList.empty;
      error = SignalboxError.from(cause, 'not_allowed');
    }
    this.onChange(error);
  };

  /**
   * @param onChange is told after each change, with the error where it cannot be read.
   * @throws SignalboxError `not_allowed` where it cannot be read at the beginning.
   */
  constructor(store: KeyStore, onChange: (error: SignalboxError | undefined) => void) {
    this.store = store;
    this.onChange = onChange;
    this.current = store.allowList();
    watchFile(store.allowListPath, { interval: lookEveryMs, persistent: false }, this.read);
  }

  [Symbol.dispose](): void {
    unwatchFile(this.store.allowListPath, this.read);
  }
}
