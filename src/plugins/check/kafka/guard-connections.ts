import type { Base } from '@platformatic/kafka';
import type { AllowedBrokers } from './allowed-brokers.ts';
import { type Broker, shownBroker } from './kafka-address.ts';
import { KafkaFault } from './kafka-fault.ts';

type Pool = Base['connections'];

/** What is known of the newest connection. */
interface Watched {
  readonly broker: string | undefined;
  /** What its socket told before it closed: what waited for an answer is told only that it closed. */
  readonly error: unknown;
  /** No connection is opened from now on. */
  end(): void;
}

/**
 * Lets a client of the library connect to allowed brokers only, whatever a cluster says of its members, and listens to errors of
 * its connections: one that nobody listens to would end the process.
 */
export function guardConnections(pool: Pool, allowed: AllowedBrokers): Watched {
  let broker: string | undefined;
  let error: unknown;
  let isEnded = false;
  const get = pool.get.bind(pool) as (broker: Broker, callback: (error: Error | null) => void) => unknown;
  Object.assign(pool, {
    // A partition without a leader has no broker.
    get(wanted: Broker | undefined, callback: (error: Error | null) => void) {
      const fault = isEnded ? new KafkaFault('closed', 'the connection was ended') : faultOf(wanted);
      return fault || !wanted ? callback(fault ?? null) : get(wanted, callback);
    },
  });
  const faultOf = (wanted: Broker | undefined): KafkaFault | undefined => {
    if (!wanted) return new KafkaFault('rejected', 'a partition of the topic has no leader');
    if (allowed.has(wanted)) return undefined;
    const list = shownBroker(wanted);
    return new KafkaFault('refused_broker', `the cluster has a broker ${list} that --check-brokers does not name`);
  };
  pool.on('connecting', (event) => {
    broker = shownBroker(event.broker);
    error = undefined;
    event.connection.on('error', (cause) => {
      error = cause;
    });
  });
  return {
    get broker() {
      return broker;
    },
    get error() {
      return error;
    },
    end() {
      isEnded = true;
    },
  };
}
