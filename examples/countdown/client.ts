//   npx node examples/countdown/client.ts w1 tcp://127.0.0.1:5555 /var/lib/countdown/w1
import { createClient } from '../../src/index.ts';
import { countdownCommand } from './command.ts';

const [name = 'w1', connect = 'tcp://127.0.0.1:5555', stateFolder = 'state'] = process.argv.slice(2);
await using client = await createClient({ connect, name, stateFolder, commands: [countdownCommand], ready: true });
process.once('SIGTERM', () => client.close('ended by a signal'));
await client.closed;
