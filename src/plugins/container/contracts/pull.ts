import { z } from 'zod';
import { defineCommand } from '../../../index.ts';
import { formatBytes } from '../format-bytes.ts';
import { imageSchema, pullTimeoutSchema } from './words.ts';

export const pull = defineCommand({
  name: 'pull',
  summary: 'Fetch an image from its registry, also one that the engine has already.',
  args: z.strictObject({
    pullTimeout: pullTimeoutSchema.optional(),
    image: imageSchema.meta({
      label: 'IMAGE',
      description: 'also of a registry, or with its digest: registry.example:5000/app@sha256:…',
    }),
  }),
  result: z.strictObject({
    image: z.string().max(512).meta({ description: 'as it was named' }),
    digest: z.string().max(256).nullable().meta({ description: 'of its manifest: `sha256:…`; pins it as `NAME@…`' }),
    imageId: z.string().max(256).meta({ description: '`sha256:…`, as `imageDigest` of a container' }),
    bytes: z.int().min(0).meta({ unit: 'bytes', description: 'of all its layers, unpacked' }),
    upToDate: z.boolean().meta({ description: 'the engine had it as it is' }),
  }),
  describe: ({ digest, imageId, bytes, upToDate }) =>
    `${upToDate ? 'up to date: ' : ''}${digest ?? imageId}, ${formatBytes(bytes)}`,
  example: 'pull --timeout 5m debian:12',
  runsCode: true,
});
