import { z } from 'zod';
import { clientNameSchema } from './names.ts';

/** A CURVE key as text: 32 bytes in Z85 (ZeroMQ RFC 32), 40 characters. */
export const curveKeySchema = z
  .string()
  .regex(/^[0-9A-Za-z.\-:+=^!/*?&<>()[\]{}@%$#]{40}$/, 'a key is 40 characters of Z85');

/** 32 random bytes in base64url, 43 characters. It proves the name of a client inside the encrypted connection. */
export const tokenSchema = z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'a token is 43 characters of base64url');

/** The file that `signalbox keys add` writes: everything that one client needs to join a server with keys. */
export const credentialsSchema = z.strictObject({
  version: z.literal(1),
  name: clientNameSchema,
  /** True if the credentials are also valid for `NAME-<suffix>`. */
  replicas: z.boolean(),
  serverKey: curveKeySchema,
  publicKey: curveKeySchema,
  secretKey: curveKeySchema,
  token: tokenSchema,
});
/** Credentials of one client, parsed. */
export type Credentials = z.infer<typeof credentialsSchema>;
