import { SignalboxError } from '../../../index.ts';
import { type Broker, parseBrokers, shownBroker } from './kafka-address.ts';

/** The brokers that a client may connect to. The address of a check names some brokers; the cluster reports the others. */
export class AllowedBrokers {
  private readonly names: ReadonlySet<string>;

  private constructor(brokers: readonly Broker[]) {
    this.names = new Set(brokers.map(shownBroker));
  }

  /** @param list `HOST:PORT[,HOST:PORT…]`; undefined: none. @throws SignalboxError `bad_usage` if it has another form */
  static of(list: string | undefined): AllowedBrokers {
    const brokers = list === undefined ? [] : parseBrokers(list);
    if (brokers) return new AllowedBrokers(brokers);
    throw new SignalboxError('bad_usage', '--check-brokers must be HOST:PORT[,HOST:PORT…]');
  }

  has({ host, port }: Broker): boolean {
    return this.names.has(shownBroker({ host: host.toLowerCase(), port }));
  }

  /** @throws SignalboxError `not_allowed` if one of them is not allowed */
  check(brokers: readonly Broker[]): void {
    const other = brokers.find((broker) => !this.has(broker));
    if (!other) return;
    const list = shownBroker(other);
    const what = `--to ${list}: this client does not produce to it; start it with --check-brokers ${list}`;
    throw new SignalboxError('not_allowed', what);
  }
}
