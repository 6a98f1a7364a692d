import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { SignalboxError } from '../../../../src/index.ts';
import { parseKafkaCredentials } from '../../../../src/plugins/check/kafka/kafka-credentials.ts';
import { hasOpenssl } from '../../../api/https/certificates.ts';
import { newFolder } from '../../../support/new-folder.ts';
import { makeSiteCertificates } from '../support/site-certificates.ts';

const none = (): Promise<string> => Promise.reject(new SignalboxError('bad_arguments', 'there is no file'));

async function faultOf(text: string, readBeside: (name: string) => Promise<string> = none): Promise<string> {
  const parsed = parseKafkaCredentials('kafka.json', text, readBeside);
  return await parsed.then(
    () => 'none',
    (error: unknown) => String(error),
  );
}

test.skipIf(!hasOpenssl)('credentials are a user and password, or certificates from files next to it', async () => {
  const folder = newFolder();
  mkdirSync(join(folder, 'tls'));
  const { ca, good } = await makeSiteCertificates(join(folder, 'tls'));
  writeFileSync(join(folder, 'mixed.pem'), `${good.cert}${ca}`);
  const files: Record<string, string> = { ca, cert: readFileSync(join(folder, 'mixed.pem'), 'utf8'), key: good.key };
  const readBeside = (name: string) => Promise.resolve(files[name] ?? '');
  const sasl = { mechanism: 'SCRAM-SHA-512', username: 'nina', password: 'geheim' };
  const tls = { ca: 'ca', cert: 'cert', key: 'key' };
  expect(await parseKafkaCredentials('x', JSON.stringify({ sasl, tls }), readBeside)).toEqual({
    sasl,
    tls: { ca: [ca.trim()], cert: files.cert, key: good.key },
  });
  const usual = await parseKafkaCredentials('x', '{"tls": {}}', none);
  expect(usual.tls?.ca.length).toBeGreaterThan(10);
  expect(await parseKafkaCredentials('x', '{}', none)).toEqual({});
  expect(await faultOf(JSON.stringify({ tls: { ...tls, key: 'ca' } }), readBeside)).toContain('tls.cert and tls.key');
  expect(await faultOf(JSON.stringify({ tls: { ca: 'key' } }), readBeside)).toContain('tls.ca must have certificates');
});

test.for([
  ['geheim', 'it must be JSON'],
  ['{"sasl": {"geheim": 1}}', 'sasl'],
  ['{"geheim": 1}', 'it may only have the fields sasl, tls'],
  ['{"sasl": {"mechanism": "geheim", "username": "a", "password": "b"}}', 'sasl.mechanism'],
  ['{"sasl": {"mechanism": "SCRAM-SHA-256", "username": "a", "password": 1}}', 'sasl.password'],
  ['{"sasl": {"mechanism": "PLAIN", "username": "a", "password": "geheim"}}', 'it needs tls'],
  ['{"tls": {"cert": "geheim"}}', 'both cert and key'],
] as const)('%s is refused: the place is named, and nothing quoted', async ([text, why]) => {
  const fault = await faultOf(text);
  expect(fault).toContain('--kafka-credentials kafka.json: ');
  expect(fault).toContain(why);
  expect(fault).not.toContain('geheim');
});
