import type { Base } from '@platformatic/kafka';
import { shownBroker } from './kafka-address.ts';

export type Pool = Base['connections'];

/** Tracks the newest connection of a client of the library. It listens to the errors of all connections: an unhandled one would end the process. */
export class WatchedConnections {
  /** Address of the newest connection. */
  broker: string | undefined;
  /** Error of its socket. Pending requests only report that the connection was closed. */
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
