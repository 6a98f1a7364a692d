import { z } from 'zod';
import { defineCommand } from '../../../index.ts';
import { imageSchema } from './words.ts';

export const removeImage = defineCommand({
  name: 'remove-image',
  summary: 'Remove a name of an image; with its last name, remove the image.',
  args: z
    .strictObject({
      force: z
        .boolean()
        .optional()
        .meta({ named: true, description: 'remove the image even if ended containers use it' }),
      image: imageSchema.meta({ label: 'IMAGE', description: 'name or id of the image' }),
    })
    .meta({ instead: { '-f': 'type --force' } }),
  result: z.strictObject({
    untagged: z.array(z.string().max(1_024)).meta({ description: 'removed names, the first 100' }),
    deletedLayers: z.int().min(0).meta({ description: 'number of deleted layers; 0 if the image has other names' }),
  }),
  describe: ({ deletedLayers }) => (deletedLayers === 0 ? 'the name is removed; the image has other names' : 'removed'),
  example: 'remove-image debian:11',
  runsCode: true,
});
