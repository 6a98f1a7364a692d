const fatalSignals = [
  'SIGQUIT',
  'SIGABRT',
  'SIGALRM',
  'SIGVTALRM',
  'SIGXCPU',
  'SIGUSR2',
  'SIGTRAP',
  'SIGSYS',
  'SIGIO',
  'SIGPWR',
  'SIGSTKFLT',
] as const satisfies NodeJS.Signals[];

/** Duties of a program that sets terminal modes. */
interface TerminalDuties {
  /** Another process stops this one: give the terminal back, then call `stop`. */
  readonly stop: () => void;
  /** Continued after a stop of another kind; the shell may have changed the modes. */
  readonly continued: () => void;
  /** The process ends when this returns: do what is left synchronously. */
  readonly restore: () => void;
}

/**
 * The signals by which a shell and its terminal control this process while the terminal is in raw mode, where Ctrl-Z
 * and Ctrl-\\ are only keys.
 */
export class JobControl {
  private duties: TerminalDuties | undefined;
  private readonly onStop = () => this.duties?.stop();
  private readonly onContinue = () => this.duties?.continued();
  private readonly onFatal = (signal: NodeJS.Signals) => this.endBy(signal, process.pid);

  /** Takes these duties until disposed. */
  take(duties: TerminalDuties): Disposable {
    this.duties = duties;
    this.listen();
    for (const signal of fatalSignals) process.on(signal, this.onFatal);
    return {
      [Symbol.dispose]: () => {
        this.duties = undefined;
        this.stopListening();
        for (const signal of fatalSignals) process.off(signal, this.onFatal);
      },
    };
  }

  /** For an immediate end. */
  restore(): void {
    this.duties?.restore();
  }

  /**
   * Stops the process group, as a terminal does at Ctrl-Z; returns when it is continued. If no shell could continue it
   * (the group is orphaned), the kernel does not stop it.
   */
  stop(): void {
    // With the default action; the caller must not be notified of its own continuation.
    this.stopListening();
    process.kill(0, 'SIGTSTP');
    if (this.duties) this.listen();
  }

  /** Ends the process group, as a terminal does at Ctrl-\. */
  quit(): void {
    this.endBy('SIGQUIT', 0);
  }

  /** The terminal is restored first: a shell takes it as soon as another process of the group has ended. */
  private endBy(signal: NodeJS.Signals, pid: number): void {
    this.restore();
    // With the default action, so that the parent process sees how this one ended.
    process.removeAllListeners(signal);
    process.kill(pid, signal);
  }

  private listen(): void {
    process.on('SIGTSTP', this.onStop);
    process.on('SIGCONT', this.onContinue);
  }

  private stopListening(): void {
    process.off('SIGTSTP', this.onStop);
    process.off('SIGCONT', this.onContinue);
  }
}
