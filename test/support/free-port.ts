import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the ephemeral ports of Linux: no connection takes the port while its server is down. */
const [lowest, count] = [10_000, 20_000];

/** A port of loopback that was free a moment ago. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = lowest + Math.floor(Math.random() * count);
    const server = createServer().listen(port, '127.0.0.1');
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    if (!isFree) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}

/** The same as an endpoint. */
export const freeEndpoint = async (): Promise<string> => `tcp://127.0.0.1:${await freePort()}`;
