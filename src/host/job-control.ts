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

/** What a program that sets a terminal's modes owes to the shell that started it. */
interface TerminalDuties {
  /** Another process wants this one stopped: it gives the terminal back, and calls `stop`. */
  readonly stop: () => void;
  /** It goes on after it was stopped in another way; the shell may have set other modes. */
  readonly continued: () => void;
  /** It ends at once: whatever is left to do must be done when this returns. */
  readonly restore: () => void;
}

/**
 * The signals by which a shell and its terminal control this process, while it has the terminal in raw mode: there Ctrl-Z and
 * Ctrl-\ are only keys.
 */
export class JobControl {
  private duties: TerminalDuties | undefined;
  private readonly onStop = () => this.duties?.stop();
  private readonly onContinue = () => this.duties?.continued();
  private readonly onFatal = (signal: NodeJS.Signals) => this.endBy(signal, process.pid);

  /** Until disposed of, these duties are called. */
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

  /** For an end that waits for nothing. */
  restore(): void {
    this.duties?.restore();
  }

  /**
   * Stops the process group, as a terminal does at Ctrl-Z; returns when it goes on. Where no shell could continue it (the group is
   * orphaned), the kernel does not stop it.
   */
  stop(): void {
    // With its default action; and what continues it is no news to the caller.
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
    // With its default action, so that whoever waits for the process sees how it ended.
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
