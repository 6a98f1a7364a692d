import { once } from 'node:events';
import { connect as dial } from 'node:net';
import { connect } from 'node:tls';

/** `https-flooder.ts PORT BAD_HANDSHAKES WRONG_TOKENS`: both at once; prints the results. */
const [port = 0, handshakes = 0, tokens = 0] = process.argv.slice(2).map(Number);
const got = { ended: 0, unauthenticated: 0, tooMany: 0, cutOff: 0 };

async function badHandshakes(): Promise<void> {
  while (got.ended < handshakes) {
    got.ended += 1;
    const socket = dial(port, '127.0.0.1').on('error', () => {});
    socket.end('GET / HTTP/1.1\r\n\r\n');
    socket.resume();
    await new Promise((resolve) => socket.once('close', resolve));
  }
}

let left = tokens;
async function wrongTokens(): Promise<void> {
  while (left > 0) {
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false }).on('error', () => {});
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    const next = () => {
      left -= 1;
      socket.write(`GET /x HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sbx_${left}\r\n\r\n`);
    };
    socket.once('secureConnect', next);
    socket.on('data', (data) => {
      const [, status] = /^HTTP\/1.1 (\d+)/.exec(data.toString()) ?? [];
      if (status === '401') got.unauthenticated += 1;
      if (status === '429') got.tooMany += 1;
      if (left > 0 && status !== undefined) next();
      else if (left <= 0) socket.destroy();
    });
    await closed;
    // It is refused before its handshake, and still counts as an attempt.
    got.cutOff += 1;
    left -= 1;
  }
}

await Promise.all([...Array.from({ length: 8 }, badHandshakes), ...Array.from({ length: 8 }, wrongTokens)]);
await once(process.stdout.write(`${JSON.stringify(got)}\n`) ? process.stdout.end() : process.stdout, 'finish');
