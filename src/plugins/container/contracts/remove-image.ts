import { z } from 'zod';
import { defineCommand } from '../../../index.ts';
import { imageSchema } from './words.ts';

export const removeImage = defineCommand({
  name: 'remove-image',
  summary: 'Remove a name of an image, and the image with its last name.',
  args: z
    .strictObject({
      force: z
        .boolean()
        .optional()
        .meta({ named: true, description: 'also where containers that have ended were made of it' }),
      image: imageSchema.meta({ label: 'IMAGE', description: 'or an id' }),
    })
    .meta({ instead: { '-f': 'type --force' } }),
  result: z.strictObject({
    untagged: z.array(z.string().max(1_024)).meta({ description: 'names that are gone, the first 100' }),
    deletedLayers: z.int().min(0).meta({ description: '0: the image has other names' }),
  }),
  describe: ({ deletedLayers }) => (deletedLayers === 0 ? 'the name is gone, the image has others' : 'removed'),
  example: 'remove-image debian:11',
  runsCode: true,
});
