// Runs in a separate process, because libzmq may abort it. Exits with 0 if the server survives a client that claims the
// routing id that ROUTER would give to the next connection. ROUTER numbers connections consecutively.
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
