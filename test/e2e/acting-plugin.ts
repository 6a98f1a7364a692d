import { definePlugin } from 'signalbox';
import { z } from 'zod';

/** An API for callers who have signed in: `act/call` and `act/run` act for the given operator. */
export default definePlugin({
  name: 'act',
  apiVersion: 1,
  setup(host) {
    host.method({
      name: 'call',
      request: z.strictObject({ actor: z.string(), method: z.string(), request: z.json() }),
      response: z.any(),
      handle: ({ actor, method, request }, { service }) => service.as(actor).call(method, request),
    });
    host.method({
      name: 'run',
      request: z.strictObject({ actor: z.string(), targets: z.array(z.string()), argv: z.array(z.string()) }),
      response: z.string(),
      async handle({ actor, targets, argv }, { service }) {
        const run = service.commands.get('run');
        if (!run) throw new Error('there is no run');
        return (await service.as(actor).submit(targets, run, { argv }, { batch: 1 })).id;
      },
    });
  },
});
