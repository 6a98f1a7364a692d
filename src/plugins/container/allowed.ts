import { z } from 'zod';

/** What the owner of a client allows its server beyond the defaults. */
export const allowedSchema = z.strictObject({
  binds: z.array(z.string()).default([]).meta({ description: 'folders of this machine that a container may mount' }),
  caps: z
    .array(z.string())
    .default([])
    .meta({ description: 'capabilities that a container may have beyond the defaults of Docker without NET_RAW' }),
});

export type Allowed = z.output<typeof allowedSchema>;
