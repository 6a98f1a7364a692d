import { readdirSync, readlinkSync } from 'node:fs';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { dial } from '../../src/wire/dial.ts';
import { openServer, startClient } from '../support/library.ts';
import { newFolder } from '../support/new-folder.ts';
import { refusal } from '../support/refusal.ts';
import { ScriptedServer } from '../support/scripted-server.ts';
import { createSteps, stepwise } from '../support/stepwise.ts';

const nobody = 'tcp://127.0.0.1:1';

afterEach(() => void vi.restoreAllMocks());

describe('a client that is closed', () => {
  async function openEnding() {
    const steps = createSteps();
    const server = await ScriptedServer.open();
    const client = await startClient(server, { commands: [steps.implementation] });
    await server.first('jobs-end');
    await server.command(1, 'stepwise', { label: 'a' });
    await steps.begins();
    return { server, client };
  }

  test('says goodbye and ends once the server has acknowledged the outcomes', async () => {
    const { server, client } = await openEnding();
    await using _server = server;
    const closed = client.close();
    const { id, outcome } = await server.first('result');
    await server.say({ type: 'heartbeat', seq: 1, sentMs: 0 });
    await server.first('heartbeat-ack');
    const goodbyes = () => server.heard.filter(({ type }) => type === 'goodbye').length;
    expect([outcome, goodbyes(), client.state]).toStrictEqual(['cancelled', 0, 'terminating']);
    await server.say({ type: 'ack', ids: [id] });
    await closed;
    await server.first('goodbye');
    expect([goodbyes(), client.state, client.told.of('left')]).toStrictEqual([1, 'terminated', []]);
  });

  test('waits for acks for a limited time, and reports the number of unacknowledged outcomes', async () => {
    const { server, client } = await openEnding();
    await using _server = server;
    await client.close();
    expect(client.told.of('left')).toStrictEqual([{ type: 'left', jobs: [], unacked: 1 }]);
    await server.first('goodbye');
  });

  test('completes a terminate that arrives while it waits for acks', async () => {
    await using server = await ScriptedServer.open();
    const client = await startClient(server);
    await server.first('jobs-end');
    await server.command(1, 'terminate', {});
    await server.first('result');
    await server.command(2, 'terminate', {});
    await client.closed;
    await server.first('goodbye');
    const results = server.heard.filter((message) => message.type === 'result');
    expect(results.map(({ id, outcome }) => [String(id).split('.')[1], outcome])).toStrictEqual([
      ['1', 'completed'],
      ['2', 'completed'],
    ]);
  });

  test('closes the output files that no server has acknowledged', async () => {
    const folder = newFolder();
    await using server = await ScriptedServer.open(`ipc://${folder}/s`);
    const client = await startClient(server, { allow: ['run'] });
    await server.first('jobs-end');
    // More than is kept in memory.
    await server.command(1, 'run', { argv: ['head', '-c', '5000000', '/dev/zero'] });
    await server.first('output');
    expect(outputFiles()).not.toStrictEqual([]);
    await client.close();
    await vi.waitFor(() => expect(outputFiles()).toStrictEqual([]), { timeout: 50_000 });
  });
});

/** Open files of this process with the output of jobs. */
function outputFiles(): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${fd}`);
      return /signalbox-output-.*\(deleted\)$/.test(path) ? [path] : [];
    } catch {
      return [];
    }
  });
}

describe('a client without a server', () => {
  test('waits before it dials again, and closing does not wait for that', async () => {
    // A delay of days.
    vi.spyOn(Math, 'random').mockReturnValue(1e6);
    const client = await startClient({ endpoint: nobody });
    await client.told.first(({ type }) => type === 'disconnected');
    // In the meantime there is time for many attempts.
    for (let attempt = 0; attempt < 20; attempt += 1) {
      await expect(dial(nobody, new AbortController().signal)).rejects.toThrow(refusal('cannot_connect'));
    }
    expect(client.told.of('disconnected')).toHaveLength(1);
    await client.close();
    expect(client.told.of('disconnected')).toHaveLength(1);
  });

  test('connects when a server starts', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
    await using placeholder = await openServer();
    const bind = placeholder.endpoint;
    await placeholder.close();
    await using client = await startClient({ endpoint: bind });
    await client.told.first(() => client.told.of('disconnected').length === 3);
    await using server = await openServer({ bind });
    await server.waitForClients(1);
    expect(await server.clients()).toMatchObject([{ name: 'w1', state: 'ready' }]);
  });
});

test('reports progress from the time without a server to the next server', async () => {
  const commands = [stepwise];
  const steps = createSteps();
  const first = await openServer({ commands });
  await using client = await startClient(first, { commands: [steps.implementation] });
  await first.waitForClients(1);
  await first.submit('w1', stepwise, { label: 'long' });
  const { job } = await steps.begins();
  await first.close();
  await client.told.first(({ type }) => type === 'disconnected');
  job.progress(0.5, 'half');
  await using second = await openServer({ commands, bind: first.endpoint });
  await second.told.first((event) => event.type === 'job.progress' && event.fraction === 0.5);
  expect(second.told.of('job.progress').at(-1)).toMatchObject({ fraction: 0.5, note: 'half' });
});

describe('the events of a client', () => {
  const eventsOf = async (jobEvents: boolean | undefined) => {
    await using server = await ScriptedServer.open();
    await using client = await startClient(server, jobEvents === undefined ? {} : { jobEvents });
    await server.first('jobs-end');
    await server.command(1, 'ping', {});
    await server.command(2, 'nonsense', {});
    const [{ id }, rejected] = [await server.first('result'), await server.first('rejected')];
    await server.say({ type: 'ack', ids: [id, rejected.id] });
    return client.told.all.map(({ type }) => type);
  };

  test('report each command', async () => {
    expect(await eventsOf(undefined)).toStrictEqual(['connected', 'began', 'ended', 'ended']);
  });

  test('report no command with jobEvents: false', async () => {
    expect(await eventsOf(false)).toStrictEqual(['connected']);
  });
});
