// A shop that fails for the first 20 s of each minute, each time in a different way.
import { createServer, type ServerResponse } from 'node:http';

const faults: readonly ((response: ServerResponse) => void)[] = [
  (response) => response.writeHead(503).end('Come back later\n'),
  (response) => response.end('Sold out\n'),
  (response) => response.destroy(),
  // Never answers.
  () => undefined,
];

const server = createServer((_request, response) => {
  const seconds = Math.floor(Date.now() / 1000);
  const fault = seconds % 60 < 20 ? faults[Math.floor(seconds / 60) % faults.length] : undefined;
  if (fault) fault(response);
  else response.end('In stock\n');
}).listen(8080);

process.once('SIGTERM', () => {
  server.close();
  server.closeAllConnections();
});
