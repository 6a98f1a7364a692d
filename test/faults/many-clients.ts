// One or many clients in one process: many-clients.ts --connect ENDPOINT --name NAME [--count N] [--unready]
// With --count they are NAME1 to NAMEN. What happens to them is printed as JSON lines. They end with standard input, and in order by SIGTERM.
import { parseArgs } from 'node:util';
import { createClient } from '../../src/index.ts';
import { logLine, testCommands } from './test-commands.ts';

const { values } = parseArgs({
  options: {
    connect: { type: 'string', default: '' },
    name: { type: 'string', default: 'w' },
    count: { type: 'string' },
    unready: { type: 'boolean', default: false },
    credentials: { type: 'string' },
  },
});
const { connect, name, count, unready, credentials } = values;
const names = count === undefined ? [name] : Array.from({ length: Number(count) }, (_, index) => `${name}${index + 1}`);

const clients = await Promise.all(
  names.map((client) =>
    createClient({
      connect,
      ...(credentials !== undefined && { credentials }),
      name: client,
      ready: !unready,
      commands: testCommands(client),
      onEvent: (event) => {
        // The commands themselves report when they start and end.
        if (event.type === 'began' || event.type === 'ended') return;
        if (event.type === 'disconnected') logLine({ type: event.type, client, error: event.error.toWire() });
        else logLine({ ...event, client });
      },
    }),
  ),
);
process.stdin.resume();
process.stdin.once('end', () => process.exit(0));
process.once('SIGTERM', () => {
  void Promise.all(clients.map((client) => client.close('ended by a signal'))).then(() => process.exit(0));
});
