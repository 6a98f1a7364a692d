import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KafkaBroker } from '../../../support/kafka-broker.ts';
import { newFolder } from '../../../support/new-folder.ts';

/** A folder with credentials for all listeners of a broker, good and bad, that others cannot read. */
export function kafkaCredentials(broker: KafkaBroker): string {
  const folder = join(newFolder(), 'checks');
  mkdirSync(folder);
  const sasl = { mechanism: 'SCRAM-SHA-256', username: 'check', password: 'secret' };
  const tls = { ca: 'ca.pem', cert: 'client.pem', key: 'client.key' };
  for (const name of Object.values(tls)) writeFileSync(join(folder, name), broker.tlsFile(name));
  const files = {
    scram: { sasl },
    tls: { tls },
    'wrong-password': { sasl: { ...sasl, password: 'geheim' } },
    'wrong-mechanism': { sasl: { ...sasl, mechanism: 'SCRAM-SHA-512' } },
    'unknown-authority': { tls: { cert: tls.cert, key: tls.key } },
    'no-certificate': { tls: { ca: tls.ca } },
  };
  for (const [name, file] of Object.entries(files))
    writeFileSync(join(folder, name), JSON.stringify(file), { mode: 0o600 });
  return folder;
}

/** At the listener, with credentials or without: the message about that broker. */
export const refusedCredentials = [
  ['scram', 'wrong-password', 'rejects the user or the password'],
  ['scram', 'wrong-mechanism', 'does not support the mechanism of sasl'],
  ['scram', undefined, 'it may require credentials'],
  ['scram', 'tls', 'it may not use TLS'],
  ['clear', 'scram', 'does not authenticate users on this port'],
  ['tls', 'unknown-authority', 'no trusted authority has signed its certificate'],
  ['tls', 'no-certificate', 'rejects the certificate of this client, or requires one'],
  ['tls', undefined, 'requires TLS, but the credentials have no tls'],
] as const;
