/** A broker, by the address that clients use. */
export interface Broker {
  readonly host: string;
  readonly port: number;
}

/** A topic and brokers of its cluster. */
export interface KafkaAddress {
  readonly brokers: readonly Broker[];
  readonly topic: string;
}

export const kafkaAddressForm = 'kafka://HOST:PORT[,HOST:PORT…]/TOPIC';

const mostBrokers = 32;

/** @returns undefined if the text has another form. User and password are not allowed: they belong in a file. */
export function parseKafkaAddress(text: string): KafkaAddress | undefined {
  const [, list = '', topic = ''] = /^kafka:\/\/([^/]+)\/([A-Za-z0-9._-]{1,249})$/.exec(text) ?? [];
  const brokers = parseBrokers(list);
  return brokers && topic !== '' && topic !== '.' && topic !== '..' ? { brokers, topic } : undefined;
}

/** `HOST:PORT[,HOST:PORT…]`. @returns undefined if the text has another form. */
export function parseBrokers(list: string): readonly Broker[] | undefined {
  const brokers = list.split(',').map(parseBroker);
  return brokers.length <= mostBrokers && brokers.every((broker) => broker !== undefined) ? brokers : undefined;
}

/** IPv6 addresses have brackets, as in a URL. */
function parseBroker(text: string): Broker | undefined {
  const [, name, address, digits] =
    /^(?:([A-Za-z0-9._-]{1,253})|\[([0-9A-Fa-f:.]{2,45})\]):(\d{1,5})$/.exec(text) ?? [];
  const host = (name ?? address)?.toLowerCase();
  const port = Number(digits);
  return host !== undefined && port >= 1 && port <= 65_535 ? { host, port } : undefined;
}

export const shownBroker = ({ host, port }: Broker): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;

export const shownAddress = ({ brokers, topic }: KafkaAddress): string =>
  `kafka://${brokers.map(shownBroker).join(',')}/${topic}`;
