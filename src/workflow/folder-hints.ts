import { type FSWatcher, watch } from 'node:fs';
import { stat } from 'node:fs/promises';

/**
 * Tells that something in a folder may have changed. It can miss changes: of files that links name, and on file systems of
 * other machines.
 */
export class FolderHints implements Disposable {
  private readonly folder: string;
  private readonly onHint: () => void;
  private watcher: FSWatcher | undefined;
  /** Which folder is watched: it may be removed, and made again. */
  private identity: string | undefined;

  constructor(folder: string, onHint: () => void) {
    this.folder = folder;
    this.onHint = onHint;
  }

  /** Begins to watch the folder that is there now. */
  async renew(): Promise<void> {
    const identity = await stat(this.folder).then(
      ({ dev, ino }) => `${dev} ${ino}`,
      () => undefined,
    );
    if (identity === this.identity) return;
    this[Symbol.dispose]();
    try {
      this.watcher = watch(this.folder, { persistent: false }, () => this.onHint());
      // Whoever looks from time to time does without.
      this.watcher.on('error', () => this[Symbol.dispose]());
      this.identity = identity;
    } catch {
      // It is gone, or the system watches enough already.
    }
  }

  [Symbol.dispose](): void {
    this.watcher?.close();
    this.watcher = undefined;
    this.identity = undefined;
  }
}
