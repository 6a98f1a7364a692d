import type { Base } from '@platformatic/kafka';
import { shownBroker } from './kafka-address.ts';

export type Pool = Base['connections'];

/** Knows the newest connection of a client of the library, and listens to errors of all: one that nobody listens to would end the process. */
export class WatchedConnections {
  /** Of the newest one. */
  broker: string | undefined;
  /** What its socket told before it closed: what waited for an answer is told only that it closed. */
  error: unknown;

  watch(pool: Pool): void {
    pool.on('connecting', ({ broker, connection }) => {
      this.broker = shownBroker(broker);
      this.error = undefined;
      connection.on('error', (cause) => {
        this.error = cause;
      });
    });
  }
}
