import type { JobSignal } from '../../schemas/index.ts';

/** Keeps signals that arrive before there is a listener, each once, like the pending signals of a process. */
export class JobSignals {
  private readonly pending = new Set<JobSignal>();
  private readonly listeners: ((signal: JobSignal) => void)[] = [];

  listen(listener: (signal: JobSignal) => void): void {
    this.listeners.push(listener);
    for (const signal of this.pending) listener(signal);
    this.pending.clear();
  }

  send(signal: JobSignal): void {
    if (this.listeners.length === 0) this.pending.add(signal);
    for (const listener of [...this.listeners]) listener(signal);
  }
}
