import { chmodSync, chownSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineCommand, implement } from '../../src/index.ts';
import { openServer, startClient } from '../support/library.ts';
import { newFolder } from '../support/new-folder.ts';
import { refusal } from '../support/refusal.ts';

const shout = defineCommand({
  name: 'shout',
  summary: 'Run what it is given.',
  args: z.strictObject({ what: z.string() }),
  result: z.string(),
  example: 'shout hello',
  runsCode: true,
});
const runsCode = { commands: [implement(shout, ({ what }) => what.toUpperCase())], allow: ['shout'] };

/** An address on which a server can listen for this user only. */
function createPlace() {
  const home = newFolder();
  const box = join(home, 'box');
  mkdirSync(box, { mode: 0o700 });
  return { home, box, endpoint: `ipc://${box}/s` };
}

type Place = ReturnType<typeof createPlace>;

const isRoot = process.getuid?.() === 0;
const takings: [string, (place: Place) => void, (place: Place) => void][] = [
  ['others can replace the folder', ({ home }) => chmodSync(home, 0o777), ({ home }) => chmodSync(home, 0o700)],
  ['others can enter the folder', ({ box }) => chmodSync(box, 0o777), ({ box }) => chmodSync(box, 0o700)],
  ...(isRoot
    ? ([
        ['the folder belongs to another user', ({ box }) => chownSync(box, 1, 1), ({ box }) => chownSync(box, 0, 0)],
        [
          'the socket is somebody else’s',
          ({ box }) => chownSync(`${box}/next`, 1, 1),
          ({ box }) => chownSync(`${box}/s`, 0, 0),
        ],
      ] satisfies typeof takings)
    : []),
];

describe('a client that runs code, without credentials', () => {
  test.each(takings)(
    'dials no server where %s; it reports this, and retries until it is fixed',
    async (_, take, giveBack) => {
      const place = createPlace();
      const first = await openServer({ bind: place.endpoint, commands: [shout] });
      await using client = await startClient({ endpoint: place.endpoint }, runsCode);
      await client.told.first(({ type }) => type === 'connected');
      await first.close();
      await using second = await openServer({ bind: `ipc://${place.box}/next`, commands: [shout] });
      take(place);
      renameSync(`${place.box}/next`, `${place.box}/s`);
      await client.told.first((event) => event.type === 'disconnected' && event.error.code === 'not_allowed');
      expect(await second.clients()).toEqual([]);
      giveBack(place);
      await second.waitForClients(1);
      const outcomes = await (await second.submit('w1', shout, { what: 'hi' })).outcomes;
      expect(outcomes).toMatchObject([{ outcome: 'completed', result: 'HI' }]);
    },
  );

  test('does not start where another user could be the server', async () => {
    const place = createPlace();
    chmodSync(place.home, 0o777);
    await expect(startClient({ endpoint: place.endpoint }, runsCode)).rejects.toThrow(refusal('not_allowed'));
  });
});
