import { z } from 'zod';
import { defineCommand } from '../../../index.ts';
import { formatBytes } from '../format-bytes.ts';
import { imageSchema, pullTimeoutSchema } from './words.ts';

export const pull = defineCommand({
  name: 'pull',
  summary: 'Fetch an image from its registry, even if the engine already has it.',
  args: z.strictObject({
    pullTimeout: pullTimeoutSchema.optional(),
    image: imageSchema.meta({
      label: 'IMAGE',
      description: 'the image, optionally with registry and digest: registry.example:5000/app@sha256:…',
    }),
  }),
  result: z.strictObject({
    image: z.string().max(512).meta({ description: 'the reference as given' }),
    digest: z
      .string()
      .max(256)
      .nullable()
      .meta({ description: 'digest of its manifest: `sha256:…`; `NAME@…` pins it' }),
    imageId: z.string().max(256).meta({ description: '`sha256:…`, as `imageDigest` of a container' }),
    bytes: z.int().min(0).meta({ unit: 'bytes', description: 'size of all its layers, unpacked' }),
    upToDate: z.boolean().meta({ description: 'whether the engine already had the current image' }),
  }),
  describe: ({ digest, imageId, bytes, upToDate }) =>
    `${upToDate ? 'up to date: ' : ''}${digest ?? imageId}, ${formatBytes(bytes)}`,
  example: 'pull --timeout 5m debian:12',
  runsCode: true,
});
