import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { newFolder } from '../support/new-folder.ts';
import { canMount, onSmallDisk } from '../support/small-disk.ts';

/** @returns the JSON that the program has written. */
async function runOnSmallDisk(text: string): Promise<unknown> {
  const folder = newFolder();
  const source = (path: string) => JSON.stringify(new URL(`../../src/store/${path}`, import.meta.url).href);
  const program = `
    import { execFileSync } from 'node:child_process';
    import { rmSync, writeFileSync } from 'node:fs';
    import { HeldStore } from ${source('contract/held-store.ts')};
    import { outputOf, sentTo, settled, submissionOf } from ${source('contract/samples.ts')};
    import { openSqliteStore } from ${source('sqlite/sqlite-store.ts')};
    const folder = ${JSON.stringify(folder)};
    const path = folder + '/store.db';
    const open = () => openSqliteStore({ path });
    const failureOf = (promise) => promise.then(() => 'done', ({ code, message }) => code + ' ' + message.replaceAll(folder, ''));
    let said;
    ${text}
    process.stdout.write(JSON.stringify(said));
  `;
  const argv = [process.execPath, '--input-type=module-typescript', '-e', program];
  const { stdout, stderr } = await promisify(execFile)(...onSmallDisk(folder, argv));
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

test.runIf(canMount())(
  'on a full disk batches are unavailable, all or nothing, until there is space again',
  async () => {
    const said = await runOnSmallDisk(`
    let done = 0;
    let failure;
    {
      await using held = await HeldStore.open({ open });
      writeFileSync(folder + '/filler', Buffer.alloc(1_000_000));
      const batch = (number) => {
        const job = (id) => ({ id, client: 'w1' });
        const pair = [2 * number - 1, 2 * number].map((at) => submissionOf(at));
        const output = outputOf('x'.repeat(30_000));
        const changes = pair.flatMap((one) => [sentTo(['w1'], one), settled(job(one.id), { output })]);
        return held.store.commit({ number, changes });
      };
      do failure = await failureOf(batch(done + 1));
      while (failure === 'done' && ++done < 100);
      const again = await failureOf(batch(done + 1));
      const readable = (await held.names()).length === 2 * done;
      rmSync(folder + '/filler');
      await batch(done + 1);
      await batch(done + 2);
      said = { failure, again, readable, some: done > 2 };
    }
    await using held = await HeldStore.open({ open }, 'epochtwo0000');
    said.whole = (await held.names()).length === 2 * (done + 2);
  `);
    const full = 'unavailable no space left for /store.db; free some, or lower --keep and --keep-bytes';
    expect(said).toEqual({ failure: full, again: full, readable: true, some: true, whole: true });
  },
);

test.runIf(canMount())('a store on a read-only file system cannot be taken, and the error has the reason', async () => {
  const said = await runOnSmallDisk(`
    const remount = (how) => execFileSync('mount', ['-o', 'remount,' + how, folder]);
    await (await HeldStore.open({ open }))[Symbol.asyncDispose]();
    remount('ro');
    said = [await failureOf(HeldStore.open({ open }, 'epochtwo0000'))];
    remount('rw');
    await using held = await HeldStore.open({ open }, 'epochtwo0000');
    said.push(held.taken.nextNumber);
  `);
  expect(said).toEqual(['unavailable /store.db is read-only; make the file and its folder writable for this user', 1]);
});
