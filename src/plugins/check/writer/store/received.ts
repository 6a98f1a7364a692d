import type { Received } from '../../kafka/received.ts';
import type { ResultMessage } from '../../kafka/result-message.ts';

/** A message with its result. */
export interface ReceivedResult {
  readonly received: Received;
  readonly result: ResultMessage;
}

/** A message that cannot be stored as a result, and why. */
export interface Poison {
  readonly received: Received;
  readonly reason: string;
}
