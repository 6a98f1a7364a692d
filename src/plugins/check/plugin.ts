import { z } from 'zod';
import { definePlugin, type JobService } from '../../index.ts';
import { AllowedFiles } from './files/allowed-files.ts';
import { Names } from './http/names.ts';
import { AllowedBrokers } from './kafka/allowed-brokers.ts';
import { KafkaLinks } from './kafka/kafka-links.ts';
import { checkRowSchema } from './listing/check-row.ts';
import { checksBuiltin } from './listing/checks-builtin.ts';
import { forgetCheck } from './listing/forget-check.ts';
import { listChecks } from './listing/list-checks.ts';
import { Patterns } from './match/patterns.ts';
import { checkCommand } from './run/check-command.ts';
import { CheckStates } from './state/check-states.ts';

export { check } from './contracts/check.ts';

/** Checks of websites by the clients. */
export default definePlugin({
  name: 'check',
  apiVersion: 1,
  options: z.strictObject({
    private: z.boolean().optional().meta({
      description: 'allow checks of private and loopback addresses; default: no, with --spawn: yes',
    }),
    files: z
      .string()
      .min(1)
      .optional()
      .meta({ description: 'folder of the files for --header-file, --ca and --kafka-credentials' }),
    brokers: z.string().min(1).optional().meta({
      description: 'Kafka brokers allowed in --to, as HOST:PORT[,HOST:PORT…]; list the whole cluster',
    }),
  }),
  async setup(host, options) {
    // A server has none of the folders of its clients.
    const files = await AllowedFiles.in(host.side === 'client' ? options.files : undefined);
    const patterns = new Patterns();
    host.onEnd(() => patterns[Symbol.asyncDispose]());
    const names = new Names();
    host.onEnd(() => names[Symbol.asyncDispose]());
    const kafka = new KafkaLinks(AllowedBrokers.of(host.side === 'client' ? options.brokers : undefined));
    host.onEnd(() => kafka[Symbol.asyncDispose]());
    const policy = { private: options.private ?? host.isSpawned };
    host.command(checkCommand({ policy, lookup: names.lookup, patterns }, { files, names, kafka }));
    host.builtin(checksBuiltin);
    const states = new CheckStates();
    host.onEnd(() => states[Symbol.dispose]());
    // Hidden checks are filtered out last: the rows of the visible ones depend on all checks.
    const server = Promise.withResolvers<JobService>();
    host.onStart((service, own) => {
      server.resolve(service);
      return states.start(service, own);
    });
    host.observer({ name: 'check', on: (event) => states.on(event) });
    host.method({
      needs: 'viewer',
      name: 'list',
      request: z.strictObject({}),
      response: z.array(checkRowSchema),
      handle: async (_, { seesJob }) => await listChecks(states, await server.promise, seesJob),
    });
    host.method({
      name: 'forget',
      request: z.strictObject({ check: z.string() }),
      response: z.array(z.string()),
      handle: async ({ check }, { seesJob }) => await forgetCheck(states, await server.promise, { check, seesJob }),
    });
  },
});
