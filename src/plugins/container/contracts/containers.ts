import { z } from 'zod';
import { defineCommand } from '../../../index.ts';

const count = z.int().min(0);
const text = (most: number) => z.string().max(most);

export const containers = defineCommand({
  name: 'containers',
  summary: "List the containers of this client's jobs, running and left: as a table, and as the result.",
  args: z
    .strictObject({
      all: z
        .boolean()
        .optional()
        .meta({ named: true, description: 'all containers of the engine, not only those of jobs' }),
    })
    .meta({ instead: { '-a': 'type --all' } }),
  result: z.strictObject({
    containers: z.array(
      z.strictObject({
        id: text(128),
        name: text(256),
        image: text(1_024),
        state: text(64).meta({ description: '`created`, `running`, `exited` …' }),
        status: text(256).meta({ description: 'in words: `Up 2 minutes (healthy)`' }),
        created: text(40).meta({ description: 'ISO 8601' }),
        job: text(256).nullable().meta({ description: 'id of its job; nil if it has none' }),
        client: text(256).nullable().meta({ description: 'the client of its job' }),
        ports: z.array(text(128)).meta({ description: '`127.0.0.1:8080->80/tcp`, the first 16' }),
      }),
    ),
    count: count.meta({ description: 'total number, including containers that do not fit into the result' }),
  }),
  describe: ({ count }) => `${count} ${count === 1 ? 'container' : 'containers'}`,
  example: 'containers --all',
});
