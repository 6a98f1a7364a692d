// A process of its own: libzmq may end it. Exits with 0 where the server outlives a client that claims the routing id
// which ROUTER would give to the next connection: they are numbered one by one.
import { opened, RawDealer } from '../support/raw-peers.ts';

await using here = await opened();
const first = await here.joined();
await using _first = first.connection;
const next = Buffer.from(first.peer, 'latin1');
next.writeUInt32BE((next.readUInt32BE(1) + 1) >>> 0, 1);
await using claimer = await RawDealer.dial(here.listener.endpoint, next);
await claimer.send('mine now');
await here.arrival();
const second = await here.joined('an ordinary client');
second.connection.close(0);
