import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { listen } from '../../src/wire/listener.ts';
import { newFolder } from '../support/new-folder.ts';
import { refusal } from '../support/refusal.ts';

describe('the path of an ipc listener', () => {
  function newPath(): string {
    const folder = newFolder();
    return join(folder, 's.sock');
  }

  test('goes with it', async () => {
    const path = newPath();
    const listener = await listen(`ipc://${path}`);
    expect(existsSync(path)).toBe(true);
    await listener[Symbol.asyncDispose]();
    expect(existsSync(path)).toBe(false);
  });

  test('stays where another listens there by now', async () => {
    const path = newPath();
    const first = await listen(`ipc://${path}`);
    renameSync(path, `${path}.old`);
    await using _second = await listen(`ipc://${path}`);
    await first[Symbol.asyncDispose]();
    expect(existsSync(path)).toBe(true);
  });

  test('stays when one that has been closed is closed once more, also where its number has come again', async () => {
    const path = newPath();
    const first = await listen(`ipc://${path}`);
    await first[Symbol.asyncDispose]();
    await using _second = await listen(`ipc://${path}`);
    await first[Symbol.asyncDispose]();
    expect(existsSync(path)).toBe(true);
  });

  test('is not taken from a file, which stays as it is', async () => {
    const path = newPath();
    writeFileSync(path, 'precious');
    await expect(listen(`ipc://${path}`)).rejects.toStrictEqual(refusal('cannot_bind'));
    expect(readFileSync(path, 'utf8')).toBe('precious');
  });
});
