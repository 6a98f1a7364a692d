import { closeSync, constants, openSync, writeSync } from 'node:fs';

/** Writes to the terminal as much as it takes at once, past every queue: for a process that is about to be ended. */
export function writeNow(text: string): void {
  try {
    const fd = openSync('/dev/tty', constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    writeSync(fd, text);
    closeSync(fd);
  } catch {
    // It has gone, or nobody reads it.
  }
}
