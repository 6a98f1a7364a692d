import { closeSync, openSync, statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { SignalboxError } from '../../schemas/index.ts';
import type { AllowList } from './allow-list.ts';
import type { KeyStore } from './key-store.ts';
import { isOutOfDescriptors } from './private-file.ts';

const lookEveryMs = 250;

/**
 * The newest readable allow-list of a folder. A failure to read it (no descriptor, no permission, an incomplete file)
 * says nothing about who may join, so the previous list stays in force and reading is repeated at each look until it
 * succeeds. Only a list that was read revokes. It polls with `stat` four times a second, which works on every file
 * system.
 */
export class WatchedAllowList implements Disposable {
  current: AllowList;
  private readonly store: KeyStore;
  private readonly onChange: (before: AllowList) => void;
  private readonly onReadable: (error: SignalboxError | undefined) => void;
  /** Identifies the version of the file that `current` was read from. Undefined: read it at the next look. */
  private stamp: string | undefined;
  /** The last reported reason why the file cannot be read. */
  private said: string | undefined;
  /** A reserve descriptor for reading the file when connections of strangers use up all others. */
  private spare: number | undefined;
  private timer: NodeJS.Timeout | undefined;
  private isDisposed = false;

  /**
   * @param onChange is called with the previous list when a new one was read.
   * @param onReadable is called once, with the error, when the list becomes unreadable, and once, without, when it is
   * readable again.
   * @throws SignalboxError `not_allowed` if the list cannot be read at the beginning.
   */
  constructor(
    store: KeyStore,
    {
      onChange,
      onReadable,
    }: { onChange: (before: AllowList) => void; onReadable: (error: SignalboxError | undefined) => void },
  ) {
    this.store = store;
    this.onChange = onChange;
    this.onReadable = onReadable;
    const before = statSync(store.allowListPath, { bigint: true, throwIfNoEntry: false });
    this.current = store.allowList();
    this.stamp = before && stampOf(before);
    this.takeSpare();
    this.lookSoon();
  }

  [Symbol.dispose](): void {
    this.isDisposed = true;
    clearTimeout(this.timer);
    this.giveSpare();
  }

  private lookSoon(): void {
    this.timer = setTimeout(() => void this.look(), lookEveryMs).unref();
  }

  private async look(): Promise<void> {
    // Taken before reading: a change in between is noticed at the next look.
    const stamp = await stat(this.store.allowListPath, { bigint: true }).then(stampOf, () => undefined);
    if (this.isDisposed) return;
    if (stamp !== this.stamp) this.read(stamp);
    this.lookSoon();
  }

  private read(stamp: string | undefined): void {
    const before = this.current;
    try {
      this.current = this.readWithSpare();
    } catch (cause) {
      this.stamp = undefined;
      this.say(SignalboxError.from(cause, 'not_allowed'));
      return;
    }
    this.stamp = stamp;
    this.say(undefined);
    this.onChange(before);
  }

  private say(error: SignalboxError | undefined): void {
    if (error?.message === this.said) return;
    this.said = error?.message;
    this.onReadable(error);
  }

  private readWithSpare(): AllowList {
    try {
      return this.store.allowList();
    } catch (error) {
      if (!isOutOfDescriptors(error) || this.spare === undefined) throw error;
      this.giveSpare();
      return this.store.allowList();
    } finally {
      this.takeSpare();
    }
  }

  private takeSpare(): void {
    try {
      this.spare ??= openSync('/dev/null', 'r');
    } catch {
      // Tried again at the next look.
    }
  }

  private giveSpare(): void {
    if (this.spare !== undefined) closeSync(this.spare);
    this.spare = undefined;
  }
}

const stampOf = ({
  dev,
  ino,
  size,
  mode,
  mtimeNs,
  ctimeNs,
}: Record<'dev' | 'ino' | 'size' | 'mode' | 'mtimeNs' | 'ctimeNs', bigint>): string =>
  [dev, ino, size, mode, mtimeNs, ctimeNs].join(' ');
