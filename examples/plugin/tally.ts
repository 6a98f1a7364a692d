// A subcommand of a plug-in: signalbox tally count --plugin ./examples/plugin/tally.ts --metrics :9464
import { setTimeout } from 'node:timers/promises';
import { definePlugin, type SubcommandContext } from 'signalbox';

async function count({ every }: { every: number }, { signal, log, tracer, observe }: SubcommandContext): Promise<void> {
  let rounds = 0;
  await using _observed = await observe({
    health: () => `rounds: ${rounds}`,
    metrics: async () => ({
      contentType: 'text/plain; version=0.0.4',
      read: async () => `# TYPE tally_rounds_total counter\ntally_rounds_total ${rounds}\n`,
    }),
  });
  log?.info({ every }, 'counting');
  while (!signal.aborted) {
    const span = tracer?.begin('tally round');
    rounds += 1;
    span?.end();
    await setTimeout(every, undefined, { signal }).catch(() => {});
  }
}

export default definePlugin({
  name: 'tally',
  apiVersion: 1,
  setup() {},
  subcommands: {
    summary: 'Count rounds.',
    help: '\nExample:\n  signalbox tally count --plugin ./examples/plugin/tally.ts --metrics :9464',
    subcommands: [
      {
        name: 'count',
        summary: 'Count rounds until it is stopped.',
        isService: true,
        traces: 'each round',
        options: [
          { flags: '--every <ms>', text: 'between two rounds', env: 'TALLY_EVERY', default: '1000', parse: Number },
        ],
        run: count,
      },
    ],
  },
});
