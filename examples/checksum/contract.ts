// The contract that both sides share: the server checks the arguments with it, the client its result.
import { z } from 'zod';
import { defineCommand } from '../../src/index.ts';

export const checksum = defineCommand({
  name: 'checksum',
  summary: 'Compute the SHA-256 of a file on the client.',
  args: z.strictObject({
    path: z.string().min(1).max(4_096).meta({ description: 'the file' }),
    expect: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .optional()
      .meta({ named: true, description: 'fail unless it is this' }),
  }),
  result: z.strictObject({
    sha256: z.string(),
    bytes: z.int().min(0).meta({ unit: 'bytes' }),
  }),
  describe: ({ sha256, bytes }) => `${sha256}, ${bytes} bytes`,
  example: 'checksum /etc/hostname',
});
