import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { expect, test } from 'vitest';
import { hasOpenssl } from '../../api/https/certificates.ts';
import { makeCertificates } from '../../engine/support/certificates.ts';
import { newFolder } from '../../support/new-folder.ts';
import { Program } from '../../support/program.ts';
import { PresenceProgram } from './presence-programs.ts';

/** A proxy that terminates TLS in front of a gateway, as the address says. */
async function openTlsProxy(folder: string, to: string) {
  const [cert, key] = ['server.pem', 'server-key.pem'].map((name) => readFileSync(join(folder, name)));
  const server = createServer({ cert, key, ALPNProtocols: ['h2'] }, (socket) => {
    const [host = '', port = ''] = to.split(':');
    const behind = connect(Number(port), host);
    socket.on('error', () => behind.destroy()).on('close', () => behind.destroy());
    behind.on('error', () => socket.destroy()).on('close', () => socket.destroy());
    socket.pipe(behind).pipe(socket);
  });
  server.on('tlsClientError', () => {});
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  return {
    address: `127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}`,
    async [Symbol.asyncDispose]() {
      server.close();
    },
  };
}

test.skipIf(!hasOpenssl)(
  'users and callers of the count speak TLS only with a service that their authority has certified',
  async () => {
    const folder = newFolder();
    const otherFolder = newFolder();
    await Promise.all([makeCertificates(folder), makeCertificates(otherFolder)]);
    await using server = await PresenceProgram.listening(
      ...['server', '--headless', '--bind', 'tcp://127.0.0.1:*', '--presence', '127.0.0.1:0'],
    );
    await using proxy = await openTlsProxy(folder, server.address);
    const user = ['presence', 'user', '--connect', proxy.address, '--id', 'ann', '--tls-ca'];
    await using right = new Program(...user, join(folder, 'ca.pem'));
    await right.line(/^ann is connected/);
    await using wrong = new Program(...user, join(otherFolder, 'ca.pem'));
    expect(await wrong.line(/trying again$/)).toMatch(/^ann is not connected to \S+: .*certificate/);
    const count = ['presence', 'count', '--connect', proxy.address, '--tls-ca'];
    await using knows = new Program(...count, join(folder, 'ca.pem'));
    expect(await knows.exitCode()).toBe(0);
    await using stranger = new Program(...count, join(otherFolder, 'ca.pem'));
    expect(await stranger.exitCode()).toBe(8);
    expect(stranger.err.join('\n')).toMatch(/returns no count: .*certificate/);
    right.child.kill('SIGTERM');
    expect(await right.exitCode()).toBe(0);
  },
);
