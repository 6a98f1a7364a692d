import type { Received } from '../../kafka/received.ts';
import type { ResultMessage } from '../../kafka/result-message.ts';

/** A message that holds a result. */
export interface ReceivedResult {
  readonly received: Received;
  readonly result: ResultMessage;
}

/** A message that cannot be stored, and why. */
export interface Poison {
  readonly received: Received;
  readonly reason: string;
}
