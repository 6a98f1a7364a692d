import { spawnSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { Engine } from '../../../src/plugins/container/engine/engine.ts';
import { failureOf } from '../../../src/plugins/container/engine/failure.ts';
import { freePort } from '../../support/free-port.ts';
import { newFolder } from '../../support/new-folder.ts';

const before = process.env.DOCKER_HOST;
afterEach(() => {
  if (before === undefined) delete process.env.DOCKER_HOST;
  else process.env.DOCKER_HOST = before;
});

/** The message about a call to an engine at this address. */
async function said(host: string, call = 'create'): Promise<string> {
  process.env.DOCKER_HOST = host;
  try {
    const docker = await new Engine().docker();
    await (call === 'create' ? docker.createContainer({ Image: 'x' }) : docker.getContainer('x').start());
    return 'nothing';
  } catch (error) {
    return failureOf(error).message;
  }
}

test('no engine is there', async () => {
  const socket = join(newFolder(), 'docker.sock');
  expect(await said(`unix://${socket}`)).toBe(
    `no engine answers at ${socket}: start Docker, or set DOCKER_HOST of the client`,
  );
  const port = await freePort();
  expect(await said(`tcp://127.0.0.1:${port}`)).toBe(
    `no engine answers at 127.0.0.1:${port}: start Docker, or set DOCKER_HOST of the client`,
  );
});

test('the socket is not accessible', async () => {
  const socket = join(newFolder(), 'docker.sock');
  await using server = createServer();
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  chmodSync(socket, 0o700);
  const script = `
    const { Engine } = await import(${JSON.stringify(new URL('../../../src/plugins/container/engine/engine.ts', import.meta.url))});
    const { failureOf } = await import(${JSON.stringify(new URL('../../../src/plugins/container/engine/failure.ts', import.meta.url))});
    process.${process.getuid?.() === 0 ? 'setuid(65534)' : 'getuid()'};
    const docker = await new Engine().docker();
    await docker.version().catch((error) => console.log(failureOf(error).message));
  `;
  if (process.getuid?.() !== 0) chmodSync(socket, 0);
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    encoding: 'utf8',
    env: { ...process.env, DOCKER_HOST: `unix://${socket}` },
  });
  expect(stdout.trim()).toBe(
    `no permission for ${socket}: add the client's user to the group docker, or give it its own engine`,
  );
});

/** Answers in the words of real engines, which the engine here cannot give. */
test.each([
  [
    500,
    "logger: no log driver named 'local' is registered",
    'the engine lacks the log driver local, which the client needs to reread output: use Docker 20.10 or later',
  ],
  [
    400,
    'client version 1.30 is too old. Minimum supported API version is 1.44, please upgrade your client to a newer version',
    'the engine has an incompatible API version: Docker 20.10 or later is required',
  ],
  [
    404,
    'create data: error looking up volume plugin nfs9: plugin "nfs9" not found',
    'the engine has no volume driver nfs9',
  ],
  [
    500,
    'write /var/lib/docker/x: no space left on device',
    'the disk of the engine is full: docker system df shows why',
  ],
  [418, 'short and stout', 'the engine says: short and stout'],
] as const)('an engine answers %s: %s', async (status, message, sentence) => {
  await using server = createHttpServer((_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
    response.end(JSON.stringify({ message }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  expect(await said(`tcp://127.0.0.1:${(server.address() as AddressInfo).port}`)).toBe(sentence);
});

test('the answer is not from an engine', async () => {
  await using server = createServer((socket) => {
    socket.on('error', () => {});
    socket.resume().end('SSH-2.0-OpenSSH_9.2\r\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  expect(await said(`tcp://127.0.0.1:${port}`)).toBe(`the service at tcp://127.0.0.1:${port} is not a Docker engine`);
});

test('an answer ends after its head', async () => {
  await using server = createServer((socket) => {
    socket.on('error', () => {});
    socket.resume().end('HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{"Id":');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  expect(await said(`tcp://127.0.0.1:${port}`)).toBe(
    `the connection to the engine at tcp://127.0.0.1:${port} was lost: aborted`,
  );
});
