import type { ClientHttp2Stream } from 'node:http2';
import { PassThrough } from 'node:stream';
import { Code } from '@connectrpc/connect';
import { expect, test } from 'vitest';
import { GrpcSession } from '../../../src/plugins/presence/user/grpc-session.ts';
import { startCall } from '../../../src/plugins/presence/user/user-call.ts';

/** A session whose only call is this stream. */
class SessionOf extends GrpcSession {
  readonly stream = Object.assign(new PassThrough(), { close: () => this.stream.destroy() });

  override call(): ClientHttp2Stream {
    return this.stream as unknown as ClientHttp2Stream;
  }
}

// Node reports the headers of a stream in a later tick than its bytes, if both arrive while it is writing.
test('the page of a proxy without a gateway is recognised by its status, also if the page arrives first', async () => {
  const session = new SessionOf('http://127.0.0.1', undefined);
  const call = startCall(session, {}, () => {});
  session.stream.write('<html><body><h1>503 Service Unavailable</h1></body></html>');
  await new Promise(setImmediate);
  session.stream.emit('response', { ':status': 503, 'content-type': 'text/html' });
  expect(await call.ended).toMatchObject({ code: Code.Unavailable, rawMessage: 'HTTP status 503' });
});

test('a ping that arrives with the headers is answered', async () => {
  const session = new SessionOf('http://127.0.0.1', undefined);
  let pings = 0;
  const pinged = new Promise<void>((resolve) => {
    startCall(session, {}, () => {
      pings += 1;
      resolve();
    });
  });
  session.stream.write(Buffer.alloc(5));
  await new Promise(setImmediate);
  expect(pings).toBe(0);
  session.stream.emit('response', { ':status': 200 });
  await pinged;
  expect(pings).toBe(1);
});
