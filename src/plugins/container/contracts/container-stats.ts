import { z } from 'zod';
import { defineCommand } from '../../../index.ts';
import { usageSchema } from './usage.ts';

/** A sample of all requested containers. Many containers take several records. */
export const roundSchema = z.strictObject({
  containers: z.array(usageSchema.extend({ job: z.string().max(256), name: z.string().max(256) })),
});

export const containerStats = defineCommand({
  name: 'container-stats',
  summary:
    'Sample the resource usage of the containers of jobs until they have ended; the builtin stats sends this command.',
  args: z.strictObject({
    every: z.int().min(500).max(86_400_000).optional().meta({
      named: true,
      label: 'D',
      unit: 'ms',
      description: 'interval between samples, at least 500 ms; default: 1s',
    }),
    count: z
      .int()
      .min(1)
      .optional()
      .meta({ named: true, label: 'N', description: 'number of samples; default: until all have ended' }),
    jobs: z.array(z.string().min(1).max(256)).min(1).max(1_000).meta({
      label: 'JOB',
      description: 'ids of jobs, as JSON shows them',
    }),
  }),
  result: z.strictObject({ samples: z.int().min(0) }),
  records: roundSchema,
  describe: ({ samples }) => `${samples} ${samples === 1 ? 'sample' : 'samples'}`,
  example: 'container-stats --count 1 abcdefghijkl.1',
});
