import { isIP } from 'node:net';
import type { BaseOptions } from '@platformatic/kafka';
import type { Broker } from './kafka-address.ts';
import type { KafkaCredentials } from './kafka-credentials.ts';

/** Connection options that producer and consumer share. @param clientId shown in the logs of brokers. */
export function connectionOptions(
  brokers: readonly Broker[],
  { sasl, tls }: KafkaCredentials,
  clientId: string,
): Pick<
  BaseOptions,
  'clientId' | 'bootstrapBrokers' | 'connectTimeout' | 'requestTimeout' | 'sasl' | 'tls' | 'tlsServerName'
> {
  return {
    clientId,
    bootstrapBrokers: brokers.map(({ host, port }) => ({ host, port })),
    connectTimeout: 5_000,
    requestTimeout: 30_000,
    ...(sasl && { sasl }),
    ...(tls && { tls: { ...tls, ca: [...tls.ca] } }),
    // Node rejects an IP address as server name (SNI).
    ...(tls && brokers.every(({ host }) => isIP(host) === 0) && { tlsServerName: true }),
  };
}
