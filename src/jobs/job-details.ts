import type { LocalId } from './job-id.ts';
import type { ReceivedOutput } from './received-output.ts';
import type { ReceivedRecords } from './received-records.ts';
import type { Settlement } from './settlement.ts';

/** What few jobs have: created on demand. */
export class JobDetails {
  /** The outcome that arrived after it was settled as `lost`. */
  late: Settlement | undefined;
  cancelRequested = false;
  /** Its client took it up from a former process of its own. */
  takenUp = false;
  /** Labels that were vouched for when its client got it. */
  vouched: Readonly<Record<string, string>> | undefined;
  /** Number of the place of `pick` that it began as. */
  place: number | undefined;
  /**
   * The id under which it was sent, if it was not sent when it was submitted: a place, or one of a batch. The ids of an
   * epoch come to a client in rising order, and others may have come to it since.
   */
  sentAs: LocalId | undefined;
  progress: { readonly fraction: number; readonly note?: string | undefined } | undefined;
  /** Its program is blocked: the client keeps the maximum of output, and no server has taken it. */
  outputFull = false;
  /** Its turn in a batch has not come. */
  held = false;
  output: ReceivedOutput | undefined;
  records: ReceivedRecords | undefined;
}
