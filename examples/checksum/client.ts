// A client that runs `checksum`.
//   npx node examples/checksum/client.ts w1 tcp://127.0.0.1:5555
import { createClient } from '../../src/index.ts';
import { checksumCommand } from './implementation.ts';

const [name = 'w1', connect = 'tcp://127.0.0.1:5555'] = process.argv.slice(2);
await using client = await createClient({
  connect,
  name,
  commands: [checksumCommand],
  ready: true,
  onEvent: (event) => {
    if (event.type === 'disconnected') console.error(event.error.message);
  },
});
process.once('SIGTERM', () => client.close('ended by a signal'));
await client.closed;
