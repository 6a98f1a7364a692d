import { once } from 'node:events';
import { createServer } from 'node:http2';
import { join } from 'node:path';
import type { ConnectRouter, HandlerContext } from '@connectrpc/connect';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import { expect, onTestFinished, test } from 'vitest';
import { EventService } from '../../../schemas/api/signalbox/v1/events_pb.js';
import { ServerService } from '../../../schemas/api/signalbox/v1/server_pb.js';
import { ownName } from '../../../src/api/caller.ts';
import { aborted } from '../../../src/until-aborted.ts';
import { version } from '../../../src/version.ts';
import { newFolder } from '../../support/new-folder.ts';
import { Program } from '../../support/program.ts';

/** The socket of a server of another release, which has fewer calls, and the callers that it saw. */
async function openServer(release: string) {
  const path = join(newFolder(), 'box.grpc.sock');
  const callers = new Set<string | null>();
  const note = ({ requestHeader }: HandlerContext) => callers.add(requestHeader.get('signalbox-as'));
  const routes = (router: ConnectRouter) => {
    router.service(EventService, {
      async *watch(_, call) {
        note(call);
        yield { bootId: 'boot', nextSeq: 1n };
        await aborted(call.signal);
      },
    });
    router.service(ServerService, {
      getInfo(_, call) {
        note(call);
        return { version: release, bootId: 'boot', endpoint: 'ipc:///box', actor: 'local:a' };
      },
      listCommands: () => ({ commands: [] }),
    });
  };
  const server = createServer(
    connectNodeAdapter({
      routes,
      // The answer of a server to an unknown call.
      fallback({ url }, response) {
        response.writeHead(404, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ code: 'unimplemented', message: `there is no ${url}` }));
      },
    }),
  );
  const sessions = new Set<{ destroy(): void }>();
  server.on('session', (session) => sessions.add(session));
  onTestFinished(() => {
    for (const session of sessions) session.destroy();
    server.close();
  });
  await once(server.listen(path), 'listening');
  return { path, callers };
}

async function attach(path: string, ...args: string[]) {
  await using attached = new Program('attach', path, ...args);
  return { exitCode: await attached.exitCode(), out: attached.out, err: attached.err };
}

const sentence = `the server is Signalbox 9.8.7, this program ${version}: if something fails, use attach of 9.8.7`;

test('a server of another release is named, and a call that it lacks fails with a sentence and 8', async () => {
  const { path, callers } = await openServer('9.8.7');
  const [text, json, nothing] = await Promise.all([
    attach(path, '-c', 'clients'),
    attach(path, '--output', 'json', '-c', 'clients'),
    attach(path, '-c', 'sleep 0'),
  ]);
  const failure =
    'the server has another version and does not support this: there is no /signalbox.v1.ClientService/List';
  expect(text).toMatchObject({ exitCode: 8, out: [], err: [sentence, expect.stringContaining(failure)] });
  expect(json).toMatchObject({ exitCode: 8, err: [sentence] });
  expect(JSON.parse(json.out[0] ?? '')).toMatchObject({ type: 'error', code: 'unsupported_protocol' });
  expect(nothing).toEqual({ exitCode: 0, out: [], err: [sentence] });
  // Without --as the operator is the user of this process, whoever owns the server.
  expect([...callers]).toEqual([ownName()]);
});

test('nothing is said if both are of the same release', async () => {
  const { path } = await openServer(version);
  expect(await attach(path, '-c', 'sleep 0')).toEqual({ exitCode: 0, out: [], err: [] });
});
