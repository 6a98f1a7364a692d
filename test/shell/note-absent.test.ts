import { expect, test } from 'vitest';
import { ping } from '../../src/index.ts';
import { noteAbsent } from '../../src/shell/note-absent.ts';
import { openScene } from '../support/in-process-shell.ts';
import { openClient, openServer } from '../support/library.ts';

async function lineAbout(service: Parameters<typeof noteAbsent>[1]['service'], number: number): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  using _ = noteAbsent(number, { service, output: { status: resolve }, afterMs: 0 });
  return await promise;
}

test('a line says which clients a command waits for, and until when', async () => {
  await using server = await openServer();
  const clients = ['w1', 'w2', 'w3'];
  for (const name of clients) {
    await using _ = await openClient(server, { name });
  }
  await using _ = await openClient(server, { name: 'w4' });
  await expect.poll(async () => (await server.clients()).filter(({ state }) => state === 'offline').length).toBe(3);
  const group = await server.submit(['w1', 'w2', 'w4'], ping, {}, { expiresInMs: 3_600_000 });
  expect(await lineAbout(server, group.number)).toMatch(
    /^1 ping waits until \d{4}-\d\d-\d\d \d\d:\d\d:\d\d for w\[1-2\], which are offline$/,
  );
});

test('no line is written when all clients are connected', async () => {
  await using server = await openServer();
  await using _ = await openClient(server, { name: 'w2' });
  await (await openClient(server, { name: 'w1' })).close();
  await expect.poll(async () => (await server.clients()).filter(({ state }) => state === 'offline').length).toBe(1);
  const connected = await server.submit('w2', ping, {});
  const away = await server.submit('w1', ping, {}, { expiresInMs: 3_600_000 });
  const lines: string[] = [];
  const output = { status: (line: string) => void lines.push(line) };
  using note = noteAbsent(connected.number, { service: server, output, afterMs: 0 });
  lines.push(await lineAbout(server, away.number));
  expect(note).toBeDefined();
  expect(lines).toEqual([expect.stringContaining('w1, which is offline')]);
});

test('a script writes the line to standard error, and then waits on', async () => {
  await using scene = await openScene({ output: 'text', keepGoing: true });
  await scene.run('terminate --yes');
  await scene.err.until('w1 is offline');
  const run = scene.run('@w1 ping --expires 4s');
  await scene.err.until('2 ping waits until');
  await run;
  const { number } = await scene.server.submit('w1', ping, {}, { expiresInMs: 4_000 });
  const waits = scene.run(`wait %${number}`);
  await scene.err.until(`${number} ping waits until`);
  await waits;
  await scene.shell.tally.settled();
  expect(scene.shell.tally.counts).toMatchObject({ completed: 1, expired: 1 });
  expect(scene.err.lines.filter((line) => line.includes('waits until'))).toHaveLength(2);
});
