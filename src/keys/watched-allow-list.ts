import { closeSync, openSync, statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { SignalboxError } from '../../schemas/index.ts';
import type { AllowList } from './allow-list.ts';
import type { KeyStore } from './key-store.ts';
import { isOutOfDescriptors } from './private-file.ts';

const lookEveryMs = 250;

/**
 * The newest allow-list of a folder that could be read. Whatever keeps it from being read (no descriptor, no
 * permission, half a file) says nothing about who may join: the list stays, and is read again at each look until that
 * succeeds. Only a list that was read revokes. `stat` four times a second works on every file system.
 */
export class WatchedAllowList implements Disposable {
  current: AllowList;
  private readonly store: KeyStore;
  private readonly onChange: (before: AllowList) => void;
  private readonly onReadable: (error: SignalboxError | undefined) => void;
  /** Which file `current` was read from. Undefined: it is to be read at the next look. */
  private stamp: string | undefined;
  /** Why it cannot be read, as it was said last. */
  private said: string | undefined;
  /** Kept for a read when no other descriptor is free: strangers' connections can take all the others. */
  private spare: number | undefined;
  private timer: NodeJS.Timeout | undefined;
  private isDisposed = false;

  /**
   * @param onChange is called when a list has been read, with the one before.
   * @param onReadable is told once, with the error, when the list cannot be read, and once, without, when it can again.
   * @throws SignalboxError `not_allowed` where it cannot be read at the beginning.
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
    // Before it is read: what changes between the two is seen at the next look.
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
      // At the next look.
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
