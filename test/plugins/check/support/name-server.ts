import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/** The answer of a name server: IPv4 addresses, an error, or no answer. */
type NameAnswer = readonly string[] | 'NXDOMAIN' | 'SERVFAIL' | 'silence';

export interface NameServer extends AsyncDisposable {
  /** The names in its questions, one for each question for IPv4 addresses. */
  readonly asked: readonly string[];
}

const codes = { NXDOMAIN: 3, SERVFAIL: 2 };

/**
 * A name server (RFC 1035) on port 53 of loopback.
 * @param answer may take its time.
 */
export async function openNameServer(
  answer: (name: string, count: number) => NameAnswer | Promise<NameAnswer>,
): Promise<NameServer> {
  const asked: string[] = [];
  const socket = createSocket('udp4');
  socket.on('message', async (query, from) => {
    const { name, end } = nameIn(query);
    const isIpv4 = query.readUInt16BE(end) === 1;
    if (isIpv4) asked.push(name);
    const found = await answer(name, asked.filter((one) => one === name).length);
    if (found === 'silence') return;
    const addresses = typeof found === 'string' || !isIpv4 ? [] : found;
    const head = Buffer.alloc(12);
    query.copy(head, 0, 0, 2);
    head.writeUInt16BE(0x8180 | (typeof found === 'string' ? codes[found] : 0), 2);
    head.writeUInt16BE(1, 4);
    head.writeUInt16BE(addresses.length, 6);
    const records = addresses.map((address) =>
      Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, ...address.split('.').map(Number)]),
    );
    socket.send(Buffer.concat([head, query.subarray(12, end + 4), ...records]), from.port, from.address);
  });
  socket.bind(53, '127.0.0.1');
  await once(socket, 'listening');
  return {
    asked,
    async [Symbol.asyncDispose]() {
      const closed = once(socket, 'close');
      socket.close();
      await closed;
    },
  };
}

function nameIn(query: Buffer): { readonly name: string; readonly end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += length + 1;
  }
  return { name: labels.join('.').toLowerCase(), end: at + 1 };
}
