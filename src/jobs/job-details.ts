import type { LocalId } from './job-id.ts';
import type { ReceivedOutput } from './received-output.ts';
import type { ReceivedRecords } from './received-records.ts';
import type { Settlement } from './settlement.ts';

/** Rarely used properties of a job, created on demand. */
export class JobDetails {
  /** The outcome that arrived after it was settled as `lost`. */
  late: Settlement | undefined;
  cancelRequested = false;
  /** A later process of its client recovered it. */
  takenUp = false;
  /** Labels that were vouched for when its client received the job. */
  vouched: Readonly<Record<string, string>> | undefined;
  /** Number of the place of `pick` that it began as. */
  place: number | undefined;
  /**
   * The id under which it was sent, if it was sent later than its submission: for a place, or a job of a batch. A
   * client gets the ids of an epoch in ascending order, and may have received later ones since.
   */
  sentAs: LocalId | undefined;
  progress: { readonly fraction: number; readonly note?: string | undefined } | undefined;
  /** The program is blocked: the client keeps the maximum of output, and no server has received it. */
  outputFull = false;
  /** It waits for its turn in a batch. */
  held = false;
  output: ReceivedOutput | undefined;
  records: ReceivedRecords | undefined;
}
