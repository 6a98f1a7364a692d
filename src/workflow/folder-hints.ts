import { type FSWatcher, watch } from 'node:fs';
import { stat } from 'node:fs/promises';

/**
 * Signals that something in a folder may have changed. It can miss changes: of linked files, and on file systems of
 * other machines.
 */
export class FolderHints implements Disposable {
  private readonly folder: string;
  private readonly onHint: () => void;
  private watcher: FSWatcher | undefined;
  /** Identity of the watched folder, which may be removed and created again. */
  private identity: string | undefined;

  constructor(folder: string, onHint: () => void) {
    this.folder = folder;
    this.onHint = onHint;
  }

  /** Watches the folder that exists now. */
  async renew(): Promise<void> {
    const identity = await stat(this.folder).then(
      ({ dev, ino }) => `${dev} ${ino}`,
      () => undefined,
    );
    if (identity === this.identity) return;
    this[Symbol.dispose]();
    try {
      this.watcher = watch(this.folder, { persistent: false }, () => this.onHint());
      // Periodic scans work without hints.
      this.watcher.on('error', () => this[Symbol.dispose]());
      this.identity = identity;
    } catch {
      // The folder is gone, or the limit of watches is reached.
    }
  }

  [Symbol.dispose](): void {
    this.watcher?.close();
    this.watcher = undefined;
    this.identity = undefined;
  }
}
