import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { create, toBinary } from '@bufbuild/protobuf';
import { encodeEnvelope } from '@connectrpc/connect/protocol';
import { expect, onTestFinished, test } from 'vitest';
import { WatchRequestSchema } from '../../schemas/api/index.ts';
import { serveApi } from '../../src/api/serve.ts';
import { socketPaths } from '../../src/api/socket-paths.ts';
import { createServer } from '../../src/index.ts';
import { RemoteJobService } from '../../src/remote/remote-job-service.ts';
import { JsonOutput } from '../../src/shell/output/json.ts';
import { EventPump } from '../../src/shell/output/pump.ts';
import { Flood, flood } from '../support/flood.ts';
import { openClient } from '../support/library.ts';
import { liveBytes } from '../support/live-bytes.ts';
import { newFolder } from '../support/new-folder.ts';

/** The printed output; far more than may be buffered anywhere. */
const saidBytes = 40_000_000;
/** Allowed memory: buffers for a slow reader, data in transit, the newest output. For server, client and reader. */
const mostBytes = 25_000_000;

/** A server with a client that prints much, and the sockets of its API, without any recorder. */
async function open() {
  const stack = new AsyncDisposableStack();
  onTestFinished(() => stack.disposeAsync());
  const server = stack.use(await createServer({ bind: 'tcp://127.0.0.1:*', commands: [flood] }));
  const work = new Flood();
  stack.use(await openClient(server, { name: 'w1', commands: [work.implementation] }));
  await server.waitForClients(1);
  const paths = socketPaths(newFolder(), server.endpoint);
  stack.use(await serveApi(server, paths));
  return { server, work, paths };
}

/** Lets it print, to a reader of everything. @returns the additional memory in the middle and at the end. */
async function mostAlive({ server, work }: Awaited<ReturnType<typeof open>>, submit: () => Promise<unknown>) {
  const events = server.watch();
  const before = await liveBytes();
  await submit();
  work.next();
  const marks = [saidBytes / 2, saidBytes];
  let most = 0;
  let got = 0;
  for await (const event of events) {
    if (event.type === 'job.output') got += event.data.length;
    if (event.type !== 'job.output' || got < work.bytes) continue;
    if (got >= (marks[0] ?? 0)) {
      marks.shift();
      most = Math.max(most, (await liveBytes()) - before);
    }
    if (marks.length === 0) break;
    work.next();
  }
  work.end();
  return most;
}

test('data that waits for callers that do not read is limited, at both sockets', async () => {
  const scene = await open();
  const { paths, server } = scene;
  const path = '/signalbox.v1.EventService/Watch';
  const session = connectHttp2('http://localhost', { createConnection: () => connect(paths.grpc) });
  session.on('error', () => {});
  onTestFinished(() => session.destroy());
  const type = { 'content-type': 'application/connect+proto' };
  const stream = session.request({ ':method': 'POST', ':path': path, ...type });
  stream.on('error', () => {});
  stream.end(encodeEnvelope(0, toBinary(WatchRequestSchema, create(WatchRequestSchema, { output: true }))));
  const plain = connect(paths.connect);
  plain.on('error', () => {});
  onTestFinished(() => void plain.destroy());
  const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json`;
  plain.write(`${head}\r\nContent-Length: 15\r\n\r\n{"output":true}`);
  await Promise.all([once(stream, 'response'), once(plain, 'readable')]);
  expect(await mostAlive(scene, () => server.submit('w1', flood, {}))).toBeLessThan(mostBytes);
});

test('output of attach that nobody reads is limited; then it continues, and reports how much was missed', async () => {
  const scene = await open();
  const { paths, work } = scene;
  const remote = await RemoteJobService.connect({ path: paths.grpc, atOnce: true, onNews: (news) => told.push(news) });
  onTestFinished(() => remote.close());
  const told: unknown[] = [];
  const readable = Promise.withResolvers<void>();
  let [shown, lost] = [0, 0];
  const output = new JsonOutput({
    async write(text) {
      await readable.promise;
      const {
        type,
        data = '',
        lostBytes = 0,
      } = JSON.parse(text) as { type: string; data?: string; lostBytes?: number };
      if (type === 'output') [shown, lost] = [shown + data.length, lost + lostBytes];
    },
  });
  void new EventPump(remote, output);
  const sent = Promise.withResolvers<Awaited<ReturnType<typeof submit>>>();
  const submit = () => remote.submit('w1', flood, {});
  expect(await mostAlive(scene, async () => sent.resolve(await submit()))).toBeLessThan(mostBytes);
  readable.resolve();
  const group = await sent.promise;
  expect(await group.outcomes).toMatchObject([{ outcome: 'completed' }]);
  await output.flush();
  expect(shown + lost).toBe(work.bytes);
  expect(lost).toBeGreaterThan(0);
  expect(told).toEqual([]);
});
