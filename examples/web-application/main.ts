// A web application that starts jobs on clients and streams their output to browsers. From the folder of the package:
//   mkdir -m 700 box
//   npx node examples/web-application/main.ts ipc://$PWD/box/socket 8080
//   npx signalbox client --connect ipc://$PWD/box/socket --name w1 --allow run --ready
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { builtinContracts, createServer, openSqliteStore } from '../../src/index.ts';
import { createApplication } from './application.ts';

const [bind = 'tcp://127.0.0.1:5555', port = '8080'] = process.argv.slice(2);
// Released in reverse: first the server, then its store.
await using cleanup = new AsyncDisposableStack();
const store = cleanup.use(await openSqliteStore({ path: 'web-application.db' }));
const server = cleanup.use(await createServer({ bind, commands: await builtinContracts(), store }));

const shutdown = new AbortController();
const web = createHttpServer(createApplication(server.as('web'), shutdown.signal));
web.listen(Number(port), '127.0.0.1');
await once(web, 'listening');
console.log(`open http://127.0.0.1:${port}/; clients connect to ${server.endpoint}`);

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => shutdown.abort());
await Promise.race([once(shutdown.signal, 'abort'), server.closed]);
// No new requests; streams end, other requests are answered. Jobs continue on their clients.
const closed = once(web, 'close');
web.close();
shutdown.abort();
await closed;
