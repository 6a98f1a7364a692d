// Word lists of the protocol. No zod here, so that a program that only shows them starts faster.

/** How a job can end. */
export const outcomes = ['completed', 'failed', 'cancelled', 'rejected', 'expired', 'lost'] as const;
/** How a job ended. `lost` is a conclusion of the server and is never sent. */
export type Outcome = (typeof outcomes)[number];

/** The output streams of a job. */
export const streams = ['stdout', 'stderr'] as const;
/** An output stream of a job. */
export type Stream = (typeof streams)[number];

/** Signals that a running job can receive, as in signal(7). */
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
/** One of `jobSignals`. */
export type JobSignal = (typeof jobSignals)[number];
