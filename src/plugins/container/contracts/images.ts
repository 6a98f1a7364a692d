import { z } from 'zod';
import { defineCommand } from '../../../index.ts';
import { formatBytes } from '../format-bytes.ts';

const count = z.int().min(0);

export const images = defineCommand({
  name: 'images',
  summary: 'List the images of the engine, as a table and in the result.',
  args: z.strictObject({
    name: z.string().min(1).max(512).optional().meta({
      label: 'NAME',
      description: 'only images with this name: debian, debian:12, or the pattern registry.example:5000/*',
    }),
  }),
  result: z.strictObject({
    images: z.array(
      z.strictObject({
        id: z.string().max(256).meta({ description: '`sha256:…`' }),
        tags: z.array(z.string().max(1_024)).meta({ description: 'its names, the first 16' }),
        bytes: count.meta({ unit: 'bytes' }),
        created: z.string().max(40).meta({ description: 'ISO 8601' }),
      }),
    ),
    count: count.meta({ description: 'total number, including images that do not fit into the result' }),
    bytes: count.meta({ unit: 'bytes', description: 'size of all; shared layers count each time' }),
  }),
  describe: ({ count, bytes }) => `${count} ${count === 1 ? 'image' : 'images'}, ${formatBytes(bytes)}`,
  example: 'images debian',
});
