import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { beforeEach, expect, test } from 'vitest';
import { Authority, hasOpenssl } from '../api/https/certificates.ts';
import { freeEndpoint } from '../support/free-port.ts';
import { newFolder } from '../support/new-folder.ts';
import { Program } from '../support/program.ts';

beforeEach(({ skip }) => {
  if (!hasOpenssl) skip('there is no openssl here');
});

/** A server with an API over https, and operators that are added and removed over its socket. */
async function openScene() {
  const folder = newFolder();
  const authority = new Authority(folder, 'authority');
  const { cert, key } = authority.server('server');
  const api = ['--api', 'https://127.0.0.1:0', '--tls-cert', cert, '--tls-key', key];
  const store = ['--store', `sqlite:${join(folder, 'jobs.db')}`, '--socket-dir', folder];
  const server = new Program('server', '--headless', '--bind', await freeEndpoint(), ...api, ...store);
  const { url } = JSON.parse(await server.line(/"msg":"answering operators"/));
  const ca = readFileSync(authority.cert);
  const operators = async (...args: string[]): Promise<string> => {
    await using program = new Program('operators', ...args, '--socket-dir', folder);
    expect(await program.exitCode(), program.err.join('\n')).toBe(0);
    return program.out.join('\n');
  };
  const post = async (token: string, method: string): Promise<IncomingMessage> => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const sent = request(`${url}/signalbox.v1.${method}`, { method: 'POST', headers, ca, agent: false }).end('{}');
    const [response] = await once(sent, 'response');
    return response;
  };
  return {
    operators,
    list: async () => (await operators('list', '--output', 'json')).split('\n').map((line) => JSON.parse(line)),
    /** The result of a call that every operator may make. */
    async status(token: string): Promise<number | undefined> {
      const response = await post(token, 'ClientService/List');
      response.resume();
      await once(response, 'close');
      return response.statusCode;
    },
    /** The events that an operator sees, one a line. */
    async watch(token: string) {
      const response = await post(token, 'EventService/Watch');
      expect(response.statusCode).toBe(200);
      const lines: string[] = [];
      // For a server that is killed at the end of a test.
      response.on('error', () => {});
      createInterface({ input: response })
        .on('line', (line) => lines.push(line))
        .on('error', () => {});
      const ended = new Promise<void>((resolve) => void response.once('close', resolve));
      return { lines, ended };
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

test('remove and rotate end all open streams of an operator over https, and none of others', {
  timeout: 60_000,
}, async () => {
  await using scene = await openScene();
  const ada = await scene.operators('add', 'ada', '--role', 'viewer');
  const bob = await scene.operators('add', 'bob', '--role', 'admin');
  const [ofAda, ofBob] = await Promise.all([scene.watch(ada), scene.watch(bob)]);
  const next = await scene.operators('rotate', 'ada');
  await ofAda.ended;
  expect([await scene.status(ada), await scene.status(next), await scene.status(bob)]).toEqual([401, 200, 200]);
  const again = await scene.watch(next);
  await scene.operators('remove', 'ada');
  await again.ended;
  expect([await scene.status(next), await scene.status(bob)]).toEqual([401, 200]);
  const told = () => ofBob.lines.join(' ').match(/operator(Rotated|Removed)/g);
  await expect.poll(told, { timeout: 20_000 }).toEqual(['operatorRotated', 'operatorRemoved']);
  expect(await scene.list()).toMatchObject([{ name: 'bob', seenMs: expect.any(Number) }]);
  await scene.operators('remove', 'bob');
  await ofBob.ended;
});

test('expiry ends all open streams of an operator over https', { timeout: 60_000 }, async () => {
  await using scene = await openScene();
  const bob = await scene.operators('add', 'bob', '--role', 'viewer');
  const ofBob = await scene.watch(bob);
  const ada = await scene.operators('add', 'ada', '--role', 'viewer', '--expires', '4s');
  const ofAda = await scene.watch(ada);
  await ofAda.ended;
  expect([await scene.status(ada), await scene.status(bob)]).toEqual([401, 200]);
  await expect.poll(() => ofBob.lines.join('\n'), { timeout: 20_000 }).toMatch(/operatorExpired/);
  expect(await scene.list()).toMatchObject([{ name: 'ada', isExpired: true }, { name: 'bob' }]);
});
