import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { credentialsSchema } from '../../schemas/index.ts';
import { hashToken } from '../../src/keys/allow-list.ts';
import { helloProof, proofByCredentials, SharedSecrets } from '../../src/keys/hello-proof.ts';
import { createKeyPair } from '../../src/wire/curve.ts';
import { decodeZ85 } from '../../src/wire/z85.ts';
import { refusal } from '../support/refusal.ts';

const text = readFileSync(new URL('../../schemas/hello-proof.json', import.meta.url), 'utf8');
const vectors = z
  .array(
    z.strictObject({
      title: z.string(),
      credentials: credentialsSchema,
      serverSecretKey: z.string(),
      name: z.string(),
      bootId: z.string(),
      sharedSecretHex: z.string(),
      dataHex: z.string(),
      proof: z.string(),
    }),
  )
  .parse(JSON.parse(text));

describe('as documented, client and server make the same proof', () => {
  test.each(vectors)('$title', ({ credentials, serverSecretKey, name, bootId, sharedSecretHex, proof }) => {
    const server = { publicKey: credentials.serverKey, secretKey: serverSecretKey };
    const secret = new SharedSecrets(server).with(credentials.publicKey);
    expect(secret.toString('hex')).toBe(sharedSecretHex);
    expect(helloProof(secret, hashToken(credentials.token), { name, bootId })).toBe(proof);
    expect(proofByCredentials(credentials, { name, bootId })).toBe(proof);
  });
});

test('a proof is valid for one name, one boot id, one token and one key pair', () => {
  const [server, client, other] = [createKeyPair(), createKeyPair(), createKeyPair()];
  const secrets = new SharedSecrets(server);
  const of = { name: 'w1', bootId: 'aaaaaaaaaaaa' };
  const [one, two] = [hashToken('one'), hashToken('two')];
  const proofs = [
    helloProof(secrets.with(client.publicKey), one, of),
    helloProof(secrets.with(other.publicKey), one, of),
    helloProof(secrets.with(client.publicKey), two, of),
    helloProof(secrets.with(client.publicKey), one, { ...of, name: 'w2' }),
    helloProof(secrets.with(client.publicKey), one, { ...of, bootId: 'bbbbbbbbbbbb' }),
  ];
  expect(new Set(proofs).size).toBe(proofs.length);
});

test('a secret is the same after the cache has dropped it', () => {
  const secrets = new SharedSecrets(createKeyPair());
  const { publicKey } = createKeyPair();
  const secret = secrets.with(publicKey);
  expect(secrets.with(publicKey)).toBe(secret);
  secrets.forget();
  expect(secrets.with(publicKey)).toEqual(secret);
});

test.each([
  ['encodes more than 32 bytes', '#'.repeat(40)],
  ['is a point of small order', '0'.repeat(40)],
])('a key on the list that %s lets nobody in', (_, publicKey) => {
  expect(() => new SharedSecrets(createKeyPair()).with(publicKey)).toThrow(refusal('not_allowed'));
});

test('Z85 is decoded as in RFC 32', () => {
  expect(decodeZ85('HelloWorld').toString('hex')).toBe('864fd26fb559f75b');
});
