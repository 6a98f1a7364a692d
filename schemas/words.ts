// Lists of words of the protocol. No zod here: a program that only shows them starts sooner.

export const outcomes = ['completed', 'failed', 'cancelled', 'rejected', 'expired', 'lost'] as const;
/** How a job ended. `lost` is the server's own conclusion and never travels. */
export type Outcome = (typeof outcomes)[number];

export const streams = ['stdout', 'stderr'] as const;
export type Stream = (typeof streams)[number];

/** What a running job can be sent, as in signal(7). */
export const jobSignals = [
  'SIGHUP',
  'SIGINT',
  'SIGQUIT',
  'SIGKILL',
  'SIGUSR1',
  'SIGUSR2',
  'SIGTERM',
  'SIGCONT',
  'SIGSTOP',
  'SIGTSTP',
  'SIGWINCH',
] as const;
export type JobSignal = (typeof jobSignals)[number];
