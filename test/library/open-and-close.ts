// Opens and closes everything, and must then end by itself: nothing may keep the process alive.
import { calculate, ping, type Server } from '../../src/index.ts';
import { openClient, openPair, openServer, startClient } from '../support/library.ts';

async function jobsEndWithTheirClient(server: Server): Promise<void> {
  const long = await server.submit('w1', calculate, { seconds: 600, message: 'never' }, { timeoutMs: 600_000 });
  await long.accepted;
  await (await server.submit('w1', ping, {})).outcomes;
}

{
  await using pair = await openPair();
  await jobsEndWithTheirClient(pair.server);
}
{
  await using server = await openServer();
  await openClient(server, { name: 'closed-by-itself' }).then((client) => client.close());
  await using alone = await startClient({ endpoint: 'tcp://127.0.0.1:1' }, { name: 'never-connected' });
  await alone.told.first(({ type }) => type === 'disconnected');
  await using pair = await openPair({ client: { name: 'w1' } });
  await jobsEndWithTheirClient(pair.server);
  // The server first: its client is dialling again when it is closed.
  await pair.server.close();
}
process.stdout.write('all is closed\n');
