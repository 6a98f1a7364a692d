/** Kinds of causes. The first one found in this order is reported. */
export type KafkaFaultKind =
  | 'refused_broker'
  | 'authentication'
  | 'tls'
  | 'not_authorized'
  | 'too_large'
  | 'no_topic'
  | 'rejected'
  | 'unreachable'
  | 'closed';

/** Why delivery fails, as a sentence. The library wraps the cause in the number of its attempts. */
export class KafkaFault extends Error {
  override readonly name = 'KafkaFault';
  readonly kind: KafkaFaultKind;

  constructor(kind: KafkaFaultKind, message: string, cause?: unknown) {
    super(message, { cause });
    this.kind = kind;
  }

  /** The fault does not resolve by itself, so it is reported at once. */
  get isLasting(): boolean {
    return this.kind !== 'unreachable' && this.kind !== 'closed' && this.kind !== 'rejected';
  }

  /** Whether retrying with the same producer is useless, because its connection settings are wrong. */
  get endsConnections(): boolean {
    return this.kind === 'refused_broker' || this.kind === 'authentication' || this.kind === 'tls';
  }
}

const order: readonly KafkaFaultKind[] = [
  ...(['refused_broker', 'authentication', 'tls', 'not_authorized', 'too_large', 'no_topic', 'rejected'] as const),
  ...(['unreachable', 'closed'] as const),
];

/** Where the fault happened, as far as known. */
export interface FaultPlace {
  /** `HOST:PORT`, for example `127.0.0.1:9092`. */
  readonly broker: string | undefined;
  readonly topic?: string | undefined;
  /** Set for a consumer. Default: a producer. */
  readonly reads?: { readonly group: string };
  readonly hasCredentials: boolean;
}

/** Finds the cause of a failure. @param errors errors of the library and of its connection; undefined entries are ignored */
export function kafkaFault(errors: readonly unknown[], place: FaultPlace): KafkaFault {
  const found = errors.flatMap((error) => [...leaves(error)]).map((error) => faultOf(error, place));
  const [first] = found
    .filter((fault) => fault !== undefined)
    .sort((one, other) => order.indexOf(one.kind) - order.indexOf(other.kind));
  if (first) return first;
  const [error] = errors;
  if (error === undefined) return new KafkaFault('unreachable', `${place.broker ?? 'the broker'} does not answer`);
  return new KafkaFault('rejected', `Kafka failed: ${error instanceof Error ? error.message : String(error)}`, error);
}

/** An error, its causes, and the errors that it aggregates. */
function* leaves(error: unknown, depth = 0): Generator<Error> {
  if (!(error instanceof Error) || depth > 8) return;
  yield error;
  yield* leaves(error.cause, depth + 1);
  // An error may aggregate a thousand attempts; the last ones suffice.
  if (error instanceof AggregateError) for (const one of error.errors.slice(-32)) yield* leaves(one, depth + 1);
}

function faultOf(
  error: Error,
  { broker = 'the broker', topic = 'the topic', hasCredentials, reads }: FaultPlace,
): KafkaFault | undefined {
  if (error instanceof KafkaFault) return error;
  const { code, apiId } = error as { code?: unknown; apiId?: unknown };
  const fault = (kind: KafkaFaultKind, message: string) => new KafkaFault(kind, message, error);
  if (typeof apiId === 'string') return protocolFault(apiId, error.message, { broker, topic, reads, fault });
  if (error.message.startsWith('Unknown topic ')) return fault('no_topic', `there is no topic ${topic}`);
  if (error.message === 'Broker requires TLS.')
    return fault('tls', `${broker} requires TLS, but the credentials have no tls`);
  if (typeof code !== 'string') return undefined;
  if (code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_') || certificateCodes.test(code)) {
    if (/ALERT_(CERTIFICATE_REQUIRED|BAD_CERTIFICATE|UNKNOWN_CA|HANDSHAKE_FAILURE)/.test(code)) {
      return fault('tls', `${broker} rejects the certificate of this client, or requires one (${code})`);
    }
    return fault('tls', `the TLS handshake with ${broker} failed: ${tlsReasons[code] ?? code}`);
  }
  if (error.message.includes('before secure TLS connection')) {
    return fault('closed', `${broker} closes the connection during the TLS handshake; it may not use TLS`);
  }
  if (code in networkReasons) return fault('unreachable', `${broker} cannot be reached: ${networkReasons[code]}`);
  if (/timed out/i.test(error.message)) return fault('unreachable', `${broker} does not answer`);
  if (/[Cc]onnection closed/.test(error.message)) {
    return fault('closed', `${broker} closes the connection${hasCredentials ? '' : '; it may require credentials'}`);
  }
  return undefined;
}

interface ProtocolPlace {
  readonly broker: string;
  readonly topic: string;
  readonly reads: FaultPlace['reads'];
  readonly fault: (kind: KafkaFaultKind, message: string) => KafkaFault;
}

/** @param id name of the error in the protocol of Kafka */
function protocolFault(id: string, message: string, { broker, topic, reads, fault }: ProtocolPlace): KafkaFault {
  switch (id) {
    case 'SASL_AUTHENTICATION_FAILED':
      return fault('authentication', `${broker} rejects the user or the password`);
    case 'UNSUPPORTED_SASL_MECHANISM':
      return fault('authentication', `${broker} does not support the mechanism of sasl`);
    case 'ILLEGAL_SASL_STATE':
      return fault(
        'authentication',
        `${broker} does not authenticate users on this port, but the credentials have sasl`,
      );
    case 'TOPIC_AUTHORIZATION_FAILED':
      return fault(
        'not_authorized',
        `${broker} does not let this client ${reads ? `read ${topic}` : `write to ${topic}, or create it`}`,
      );
    case 'GROUP_AUTHORIZATION_FAILED':
      return fault('not_authorized', `${broker} does not let this client join the group ${reads?.group}`);
    case 'CLUSTER_AUTHORIZATION_FAILED':
      return fault('not_authorized', `${broker} does not let this client do that (${id})`);
    case 'MESSAGE_TOO_LARGE':
    case 'RECORD_LIST_TOO_LARGE':
      return fault('too_large', `${topic} does not accept a batch of this size (${id})`);
    case 'UNKNOWN_TOPIC_OR_PARTITION':
      return fault('no_topic', `there is no topic ${topic}`);
    case 'INVALID_TOPIC_EXCEPTION':
      return fault('rejected', `${topic} is not the name of a topic`);
    default:
      return fault('rejected', `${broker} answers ${id}: ${message}`);
  }
}

const certificateCodes = /CERT|ISSUER|SIGNATURE|^INVALID_CA$|^PATH_LENGTH_EXCEEDED$|^INVALID_PURPOSE$|^EPROTO$/;

const tlsReasons: Readonly<Record<string, string>> = {
  SELF_SIGNED_CERT_IN_CHAIN: 'no trusted authority has signed its certificate',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'no trusted authority has signed its certificate',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'no trusted authority has signed its certificate',
  UNABLE_TO_GET_ISSUER_CERT: 'no trusted authority has signed its certificate',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for other names',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not use TLS on that port',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'it does not use TLS on that port',
};

const networkReasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was reset',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'its name cannot be resolved',
  ETIMEDOUT: 'it does not answer',
  EHOSTUNREACH: 'there is no route to it',
  ENETUNREACH: 'there is no route to it',
  EMFILE: 'this process has no free file descriptors',
  ENFILE: 'this machine has no free file descriptors',
};
