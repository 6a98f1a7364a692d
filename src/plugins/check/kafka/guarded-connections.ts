import type { AllowedBrokers } from './allowed-brokers.ts';
import { type Broker, shownBroker } from './kafka-address.ts';
import { KafkaFault } from './kafka-fault.ts';
import { type Pool, WatchedConnections } from './watched-connections.ts';

type Get = (broker: Broker | undefined, callback: (error: Error | null) => void) => unknown;

/** Lets a client of the library connect to allowed brokers only, whatever brokers the cluster reports. */
export class GuardedConnections extends WatchedConnections {
  private readonly allowed: AllowedBrokers;
  private isEnded = false;

  constructor(pool: Pool, allowed: AllowedBrokers) {
    super();
    this.allowed = allowed;
    const get = pool.get.bind(pool) as Get;
    const guarded: Get = (broker, callback) => {
      const fault = this.isEnded ? undefined : this.faultOf(broker);
      return fault ? callback(fault) : get(broker, callback);
    };
    Object.assign(pool, { get: guarded });
    this.watch(pool);
  }

  /** Call just before the pool is closed: the library retries calls that fail here, but not those that its closed pool rejects. */
  end(): void {
    this.isEnded = true;
  }

  private faultOf(broker: Broker | undefined): KafkaFault | undefined {
    // A partition without a leader has no broker.
    if (!broker) return new KafkaFault('rejected', 'a partition of the topic has no leader');
    if (this.allowed.has(broker)) return undefined;
    const list = shownBroker(broker);
    return new KafkaFault('refused_broker', `the cluster has a broker ${list} that --check-brokers does not name`);
  }
}
