import { closeSync, constants, openSync, writeSync } from 'node:fs';

/** Writes to the terminal directly, as much as it accepts at once: for a process that is about to end. */
export function writeNow(text: string): void {
  try {
    const fd = openSync('/dev/tty', constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    writeSync(fd, text);
    closeSync(fd);
  } catch {
    // The terminal is gone, or nobody reads it.
  }
}
