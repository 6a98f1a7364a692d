import { z } from 'zod';
import { clientNameSchema } from './names.ts';

/** A CURVE key as people and files write it: 32 bytes in Z85, 40 characters. */
export const curveKeySchema = z
  .string()
  .regex(/^[0-9A-Za-z.\-:+=^!/*?&<>()[\]{}@%$#]{40}$/, 'a key is 40 characters of Z85');

/** 32 random bytes in base64url: what proves a client's name inside the encrypted connection. */
export const tokenSchema = z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'a token is 43 characters of base64url');

/** All that one client needs to join a server with keys: the file that `signalbox keys add` writes. */
export const credentialsSchema = z.strictObject({
  version: z.literal(1),
  name: clientNameSchema,
  /** Whether it is good for `NAME-<suffix>` too. */
  replicas: z.boolean(),
  serverKey: curveKeySchema,
  publicKey: curveKeySchema,
  secretKey: curveKeySchema,
  token: tokenSchema,
});
export type Credentials = z.infer<typeof credentialsSchema>;
